export const scopes = ["events:write", "events:read", "admin"] as const;

/** What a credential may do. `admin` includes the others. */
export type Scope = (typeof scopes)[number];

/** Who a request speaks for. Made from a verified credential and from nothing else. */
export interface Principal {
  readonly orgId: string;
  /** `key:<key id>` for an API key. */
  readonly subject: string;
  readonly scopes: readonly Scope[];
  /** Names the credential in logs and revocations; never the credential itself. */
  readonly tokenId: string;
}

export function hasScope(principal: Principal, scope: Scope): boolean {
  return principal.scopes.includes(scope) || principal.scopes.includes("admin");
}

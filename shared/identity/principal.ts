import type { OrgScope, Role, Scope } from "./roles.ts";

/** The party that a request speaks for. Made from a verified credential and from nothing else. */
export interface Principal {
  /** The operator's is `SERVICE_ORG_ID`, which no org has. */
  readonly orgId: string;
  /** `key:<key id>`, `member:<member id>` or `operator:<object id>`. */
  readonly subject: string;
  /** A member's, at the time its token was issued. */
  readonly role?: Role;
  readonly scopes: readonly Scope[];
  /**
   * Names the credential in logs and revocations (a token's `jti`, an API key's id). It is never the credential itself.
   */
  readonly tokenId: string;
  /** The sign-in that a member's token comes from. */
  readonly sessionId?: string;
}

export function hasScope(principal: Principal, scope: Scope): boolean {
  return principal.scopes.includes(scope);
}

/**
 * Gives the principal of an `Authorization` header's value, which has the required scope. Throws AppError
 * `credential_*`, `scope_missing`, `org_suspended`, `identity_unavailable` or `secrets_unavailable`.
 */
export type Authenticate = (authorization: string | null, needed: Scope) => Promise<Principal>;

/**
 * Asks the store whether a principal still has a scope, for a change that outlives its token. Throws AppError
 * `credential_invalid` or `store_unavailable`.
 */
export type RequireCurrent = (principal: Principal, needed: OrgScope) => Promise<void>;

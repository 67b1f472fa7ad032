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
  /** Of a publishable key, which everybody can see: the origins that it is bound to. The request comes from one. */
  readonly origins?: readonly string[];
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
 * `credential_*`, `scope_missing`, `origin_refused`, `org_suspended`, `identity_unavailable` or `secrets_unavailable`.
 */
export type Authenticate = (
  authorization: string | null,
  needed: Scope,
  /** The request's `Origin`, which a publishable key is held against. Without one no such key is taken. */
  origin?: string | null,
) => Promise<Principal>;

/**
 * Asks the store whether a principal still has a scope, for a change that outlives its token. Throws AppError
 * `credential_invalid` or `store_unavailable`.
 */
export type RequireCurrent = (principal: Principal, needed: OrgScope) => Promise<void>;

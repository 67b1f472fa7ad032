import type { OrgScope, Role } from "../../identity/roles.ts";

/** The client of people's tokens: our own pages, which are registered nowhere. No API key has such an id. */
export const BROWSER_CLIENT = "headrace-browser";

/** The claims of an access token (RFC 9068, section 2.2). Times are seconds since 1970. */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly aud: string;
  /** `key:<key id>` or `member:<member id>`. */
  readonly sub: string;
  /** The API key's id; of a member's token, `BROWSER_CLIENT`. */
  readonly client_id: string;
  readonly org_id: string;
  readonly role?: Role;
  /** Separated by spaces. */
  readonly scope: string;
  /** With a fraction: a cut-off falls between two tokens of the same second. */
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  /** The sign-in that a member's token comes from. */
  readonly sid?: string;
}

/** What goes into a token. */
export interface Grant {
  readonly orgId: string;
  readonly subject: string;
  readonly role?: Role;
  readonly scopes: readonly OrgScope[];
  readonly sessionId?: string;
  /**
   * When reading the grant (the member's role, the key's scopes) began, in ms since 1970. The token is dated by it, so
   * that a cut-off set between reading and signing ends the token too. A revocation changes the store first, and sets
   * the cut-off after it.
   */
  readonly asOf: number;
  /** When the grant ends, in ms since 1970. No token outlives it. */
  readonly endsAt?: number;
}

export interface IssuedToken {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  /** The token's `jti`. */
  readonly tokenId: string;
}

/**
 * Signs an access token. Throws AppError `identity_unavailable` when there is no signing key yet, and
 * `secrets_unavailable` when there is none for its id.
 */
export type IssueAccessToken = (grant: Grant) => Promise<IssuedToken>;

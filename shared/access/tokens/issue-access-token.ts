import { SignJWT } from "jose";
import type { KeyRings } from "../../secrets/key-rings.ts";
import { type AccessTokenClaims, BROWSER_CLIENT, type IssueAccessToken } from "./access-token.ts";
import { type FindSigner, TOKEN_ALGORITHM } from "./signing-keys.ts";
import { mintTokenId } from "./token-id.ts";

export interface IssueOptions {
  readonly issuer: string;
  readonly audience: string;
  /** How long a token lives. */
  readonly lifetimeSeconds: number;
  readonly now?: () => number;
}

export interface IssueDeps {
  readonly findSigner: FindSigner;
  /** Of the token's id. */
  readonly keyRings: Pick<KeyRings, "current">;
}

export function createIssueAccessToken({ findSigner, keyRings }: IssueDeps, options: IssueOptions): IssueAccessToken {
  const { issuer, audience, lifetimeSeconds, now = Date.now } = options;
  return async ({ orgId, subject, role, scopes, sessionId, asOf, endsAt = Number.POSITIVE_INFINITY }) => {
    const { keyId, key } = await findSigner();
    const tokenId = mintTokenId(await keyRings.current(), orgId, now());
    const issuedAt = Math.floor(now() / 1000);
    const expiresAt = Math.min(issuedAt + lifetimeSeconds, Math.floor(endsAt / 1000));
    const claims: AccessTokenClaims = {
      iss: issuer,
      aud: audience,
      sub: subject,
      client_id: subject.startsWith("key:") ? subject.slice("key:".length) : BROWSER_CLIENT,
      org_id: orgId,
      ...(role === undefined ? undefined : { role }),
      scope: scopes.join(" "),
      iat: asOf / 1000,
      exp: expiresAt,
      jti: tokenId,
      ...(sessionId === undefined ? undefined : { sid: sessionId }),
    };
    const accessToken = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: TOKEN_ALGORITHM, typ: "at+jwt", kid: keyId })
      .sign(key);
    return { accessToken, expiresInSeconds: expiresAt - issuedAt, tokenId };
  };
}

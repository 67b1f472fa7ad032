import { SignJWT } from "jose";
import { uuidv7 } from "../../runtime/uuid.ts";
import { type AccessTokenClaims, BROWSER_CLIENT, type IssueAccessToken } from "./access-token.ts";
import { type FindSigner, TOKEN_ALGORITHM } from "./signing-keys.ts";

export interface IssueOptions {
  readonly issuer: string;
  readonly audience: string;
  /** How long a token lives. */
  readonly lifetimeSeconds: number;
  readonly now?: () => number;
}

export function createIssueAccessToken(findSigner: FindSigner, options: IssueOptions): IssueAccessToken {
  const { issuer, audience, lifetimeSeconds, now = Date.now } = options;
  return async ({ orgId, subject, role, scopes, sessionId, asOf, endsAt = Number.POSITIVE_INFINITY }) => {
    const { keyId, key } = await findSigner();
    const tokenId = uuidv7(now());
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

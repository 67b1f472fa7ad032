import { readFile } from "node:fs/promises";
import { importJWK, type JWK, SignJWT } from "jose";
import { localIdentity, localIssuer } from "./identity.ts";
import { TOKEN_ALGORITHM } from "./token-keys.ts";

export interface IssuedToken {
  readonly token: string;
  /** Seconds since 1970. */
  readonly expiresOn: number;
}

/** `lifetimeSeconds` is that of all tokens unless it is given; negative for one that has expired. */
export type IssueToken = (resource: string, lifetimeSeconds?: number) => Promise<IssuedToken>;

/** As Microsoft Entra does it: the clocks of the services that check a token may be behind. */
const BACKDATED_SECONDS = 300;

/**
 * Signs access tokens with the claims that services of Azure read.
 * https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
export async function createTokenIssuer(
  signingKeyFile: string,
  { lifetimeSeconds, now }: { readonly lifetimeSeconds: number; readonly now: () => number },
): Promise<IssueToken> {
  const jwk = JSON.parse(await readFile(signingKeyFile, "utf8")) as JWK;
  const key = await importJWK(jwk, TOKEN_ALGORITHM);
  const { tenantId, clientId, principalId } = localIdentity;
  return async (resource, ownSeconds = lifetimeSeconds) => {
    const seconds = Math.floor(now() / 1000);
    const issued = seconds - BACKDATED_SECONDS;
    const expiresOn = seconds + ownSeconds;
    const claims = { oid: principalId, tid: tenantId, appid: clientId, appidacr: "2", idtyp: "app", ver: "1.0" };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: TOKEN_ALGORITHM, typ: "JWT", ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) })
      .setIssuer(localIssuer)
      .setSubject(principalId)
      .setAudience(resource)
      .setIssuedAt(issued)
      .setNotBefore(issued)
      .setExpirationTime(expiresOn)
      .sign(key);
    return { token, expiresOn };
  };
}

import { localIdentity, localIssuer } from "../managed-identity/identity.ts";
import type { TokenProblem, VerifyToken } from "../managed-identity/verify-token.ts";
import { KeyVaultError } from "./errors.ts";

/** The audience of tokens for every vault of the public cloud, without a slash at the end. */
export const VAULT_RESOURCE = "https://vault.azure.net";

/** The part of a 401 that says where to get a token: the SDKs ask once without one to learn it. */
export const challenge = `Bearer authorization="https://login.microsoftonline.com/${localIdentity.tenantId}", resource="${VAULT_RESOURCE}"`;

/** Lets a request pass, or throws a {@link KeyVaultError} 401. */
export async function authenticate(authorization: string | undefined, verify: VerifyToken): Promise<void> {
  const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
  if (token === undefined) throw unauthorized("AKV10000: Request is missing a Bearer or PoP token.");
  const verdict = await verify(token);
  if (!verdict.ok) throw unauthorized(reasons[verdict.problem](verdict.found));
}

const reasons: Readonly<Record<TokenProblem, (found: string) => string>> = {
  audience: (found) => `AKV10022: Invalid audience. Expected ${VAULT_RESOURCE}, found: ${found}.`,
  issuer: (found) => `AKV10032: Invalid issuer. Expected one of ${localIssuer}, found ${found}.`,
  expired: (found) => `Error validating token: the token expired at ${found} (seconds since 1970).`,
  "not-yet-valid": (found) => `Error validating token: the token is valid from ${found} (seconds since 1970).`,
  signature: () => "Error validating token: the signature is not of a key of the issuer.",
  malformed: (found) => `Error validating token: ${found}`,
};

function unauthorized(message: string): KeyVaultError {
  return new KeyVaultError(401, "Unauthorized", message);
}

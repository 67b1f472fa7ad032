import { createHash, timingSafeEqual } from "node:crypto";
import { createRemoteJWKSet, decodeJwt, errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import { z } from "zod";
import { AppError } from "../../errors.ts";
import { SERVICE_ORG_ID } from "../../identity/org-id.ts";
import type { Principal } from "../../identity/principal.ts";
import { operatorScopes } from "../../identity/roles.ts";
import { CLOCK_SKEW_SECONDS, refuseOtherSpelling, TokenRejection } from "./read-claims.ts";

export interface OperatorOptions {
  /** Microsoft Entra's issuer of this tenant, the app's audience, and the app role that makes an operator. */
  readonly entra: { readonly issuer: string; readonly audience: string; readonly role: string } | undefined;
  /** SHA-256 of a local operator's key, hex. */
  readonly keyHash: string | undefined;
}

/**
 * The operator, if the credential claims to be an operator's; undefined otherwise. Throws TokenRejection or AppError
 * `identity_unavailable`.
 */
export type VerifyOperator = (credential: string) => Promise<Principal | undefined>;

export const OPERATOR_KEY_PREFIX = "hro_";

/** The operator has no scope of an org, and no org has a scope of the operator's. */
export function createVerifyOperator({ entra, keyHash }: OperatorOptions): VerifyOperator {
  const findKey = entra && createFindEntraKey(entra.issuer);
  return async (credential) => {
    if (credential.startsWith(OPERATOR_KEY_PREFIX)) return ofKey(credential, keyHash);
    if (!entra || !findKey || issuerOf(credential) !== entra.issuer) return undefined;
    refuseOtherSpelling(credential);
    const { payload } = await jwtVerify(credential, findKey, {
      algorithms: ["RS256"],
      issuer: entra.issuer,
      audience: entra.audience,
      clockTolerance: CLOCK_SKEW_SECONDS,
      requiredClaims: ["exp", "oid"],
    }).catch((error: unknown) => {
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout))
        throw new TokenRejection(`the operator's token: ${error.code}`);
      throw new AppError("identity_unavailable", "Microsoft Entra does not answer", { cause: error, retryAfter: 5 });
    });
    const { roles, oid, uti, azp, appid } = payload;
    // Microsoft Entra writes the roles into the ID tokens of the app as well, with the same audience. Those name no
    // client.
    if (typeof (azp ?? appid) !== "string") throw new TokenRejection("the operator's token is no access token");
    if (!Array.isArray(roles) || !roles.includes(entra.role))
      throw new AppError("scope_missing", "the token lacks the operator's role", { members: { role: entra.role } });
    return operator(String(oid), String(uti ?? oid));
  };
}

function operator(id: string, tokenId: string): Principal {
  return { orgId: SERVICE_ORG_ID, subject: `operator:${id}`, scopes: operatorScopes, tokenId };
}

function ofKey(credential: string, keyHash: string | undefined): Principal {
  const found = createHash("sha256").update(credential).digest();
  if (keyHash === undefined || !timingSafeEqual(found, Buffer.from(keyHash, "hex")))
    throw new TokenRejection("the operator's key is not this deployment's");
  return operator("local", "local");
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.url() });

/**
 * The issuer's key set, found by OpenID Connect Discovery and cached by jose (10 minutes; an unknown kid asks again, at
 * most every 30 s).
 */
function createFindEntraKey(issuer: string): JWTVerifyGetKey {
  let found: Promise<JWTVerifyGetKey> | undefined;
  const discover = async (): Promise<JWTVerifyGetKey> => {
    const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    const document = discoverySchema.parse(await response.json());
    if (document.issuer !== issuer) throw new Error(`${url} is of another issuer: ${document.issuer}`);
    return createRemoteJWKSet(new URL(document.jwks_uri));
  };
  return async (header, token) => {
    found ??= discover().catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return (await found)(header, token);
  };
}

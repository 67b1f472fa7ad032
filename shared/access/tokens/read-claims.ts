import { decodeProtectedHeader, errors, jwtVerify } from "jose";
import { z } from "zod";
import { isOrgId } from "../../identity/org-id.ts";
import type { Principal } from "../../identity/principal.ts";
import { isOrgScope, roles } from "../../identity/roles.ts";
import { readBase64Url } from "../../runtime/base64url.ts";
import { type FindVerifier, TOKEN_ALGORITHM } from "./signing-keys.ts";

/** Why a token is refused: for the log, never for the answer. */
export class TokenRejection extends Error {}

/** A token whose signature and claims hold. Whether it was revoked is another question. */
export interface VerifiedToken {
  readonly principal: Principal;
  readonly keyId: string;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  /** Milliseconds since 1970, clock skew included. */
  readonly goodUntil: number;
}

export interface ClaimOptions {
  readonly issuer: string;
  readonly audience: string;
  /** Longest time from `iat` to `exp`; cut-offs are kept for as long. */
  readonly maxLifetimeSeconds: number;
  readonly now: () => number;
}

/** Clocks may differ by this much. */
export const CLOCK_SKEW_SECONDS = 60;

/** Longer than any token that is issued. */
const MAX_TOKEN_CHARS = 4_096;

const claimsSchema = z.object({
  sub: z.string().regex(/^(key|member):[\w.~-]+$/),
  org_id: z.string().refine(isOrgId),
  role: z.enum(roles).optional(),
  scope: z.string(),
  iat: z.number(),
  exp: z.number(),
  jti: z.string().min(1),
  sid: z.string().min(1).optional(),
});

/**
 * Verifies signature and claims of a token that `createIssueAccessToken` made, and accepts nothing else (RFC 9068,
 * section 4; RFC 8725). Throws TokenRejection, or AppError `secrets_unavailable`.
 */
export async function readClaims(
  findVerifier: FindVerifier,
  token: string,
  options: ClaimOptions,
): Promise<VerifiedToken> {
  if (token.length > MAX_TOKEN_CHARS) throw new TokenRejection(`it has ${token.length} characters`);
  refuseOtherSpelling(token);
  const keyId = readKeyId(token);
  const key = await findVerifier(keyId);
  if (!key) throw new TokenRejection(`no key of this deployment has the kid ${shown(keyId)}`);
  const { issuer, audience, now } = options;
  const { payload } = await jwtVerify(token, key, {
    algorithms: [TOKEN_ALGORITHM],
    typ: "at+jwt",
    issuer,
    clockTolerance: CLOCK_SKEW_SECONDS,
    currentDate: new Date(now()),
  }).catch((error: unknown) => {
    throw new TokenRejection(reasonOf(error));
  });
  if (payload.aud !== audience) throw new TokenRejection("`aud` is not this API");
  const verified = toVerified(payload, keyId, now());
  if (verified.goodUntil - verified.issuedAt > (options.maxLifetimeSeconds + CLOCK_SKEW_SECONDS) * 1000)
    throw new TokenRejection("it lives for longer than any that is issued");
  return verified;
}

/** jose also reads parts that are spelled in another way, so that one token would have many texts. */
export function refuseOtherSpelling(token: string): void {
  const parts = token.split(".");
  if (parts.length !== 3 || parts.some((part) => readBase64Url(part) === undefined))
    throw new TokenRejection("it is not three parts of base64url");
}

/** The header says what ES256 with a key of ours needs, and nothing more: no `jku`, `jwk`, `x5u`, `x5c`, `crit`. */
function readKeyId(token: string): string {
  const { alg, typ, kid, ...others } = decodeHeader(token);
  if (alg !== TOKEN_ALGORITHM) throw new TokenRejection(`\`alg\` is ${shown(alg)}`);
  if (typ !== "at+jwt") throw new TokenRejection(`\`typ\` is ${shown(typ)}`);
  if (typeof kid !== "string" || kid === "") throw new TokenRejection("it has no `kid`");
  const [other] = Object.keys(others);
  if (other !== undefined) throw new TokenRejection(`its header has ${shown(other)}`);
  return kid;
}

/**
 * For the log: a word or a version of a secret, as it stands in a token. A longer text may be a credential in the wrong
 * place.
 */
function shown(value: unknown): string {
  if (value === undefined) return "missing";
  return typeof value === "string" && /^([\w+/.-]{0,16}|[0-9a-f]{32})$/.test(value)
    ? JSON.stringify(value)
    : "none of ours";
}

function decodeHeader(token: string): Record<string, unknown> {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw new TokenRejection("its header cannot be read");
  }
}

function toVerified(payload: unknown, keyId: string, now: number): VerifiedToken {
  const parsed = claimsSchema.safeParse(payload);
  if (!parsed.success) throw new TokenRejection(`\`${String(parsed.error.issues[0]?.path[0])}\` is missing or wrong`);
  const { sub, org_id, role, scope, iat, exp, jti, sid } = parsed.data;
  if (iat * 1000 > now + CLOCK_SKEW_SECONDS * 1000) throw new TokenRejection("`iat` lies in the future");
  const principal: Principal = {
    orgId: org_id,
    subject: sub,
    ...(role === undefined ? undefined : { role }),
    scopes: scope.split(" ").filter(isOrgScope),
    tokenId: jti,
    ...(sid === undefined ? undefined : { sessionId: sid }),
  };
  return { principal, keyId, issuedAt: iat * 1000, goodUntil: (exp + CLOCK_SKEW_SECONDS) * 1000 };
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "it has expired";
  if (error instanceof errors.JWTClaimValidationFailed) return `\`${error.claim}\` is wrong (${error.reason})`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return "its signature is wrong";
  return error instanceof errors.JOSEError ? error.code : "it cannot be read";
}

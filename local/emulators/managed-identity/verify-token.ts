import { readFile } from "node:fs/promises";
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from "jose";
import { localIssuer } from "./identity.ts";
import { TOKEN_ALGORITHM } from "./token-keys.ts";

/** The fault of a token; the services of Azure have different words for it. */
export type TokenProblem = "audience" | "expired" | "issuer" | "malformed" | "not-yet-valid" | "signature";

interface GoodToken {
  readonly ok: true;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly audience: string;
}

interface BadToken {
  readonly ok: false;
  readonly problem: TokenProblem;
  /** The claim that is wrong. */
  readonly found: string;
}

export type VerifyToken = (token: string) => Promise<GoodToken | BadToken>;

export interface VerifierOptions {
  /** Accepts a value of `aud`. */
  readonly isAudience: (audience: string) => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Good tokens that are remembered: clients show the same one for hours. */
const REMEMBERED = 100;

/**
 * Checks tokens of the local managed identity as services of Azure do: signature, issuer, audience and times, without
 * leeway.
 */
export async function createTokenVerifier(keySetFile: string, options: VerifierOptions): Promise<VerifyToken> {
  const keySet = createLocalJWKSet(JSON.parse(await readFile(keySetFile, "utf8")) as JSONWebKeySet);
  const good = new Map<string, GoodToken>();
  return async (token) => {
    const known = good.get(token);
    if (known && known.expiresAt > options.now()) return known;
    good.delete(token);
    try {
      const { payload } = await jwtVerify(token, keySet, {
        algorithms: [TOKEN_ALGORITHM],
        issuer: localIssuer,
        requiredClaims: ["exp"],
        currentDate: new Date(options.now()),
      });
      const audience = String(payload.aud);
      if (!options.isAudience(audience)) return { ok: false, problem: "audience", found: audience };
      const verdict: GoodToken = { ok: true, expiresAt: (payload.exp ?? 0) * 1000, audience };
      if (good.size >= REMEMBERED) good.clear();
      good.set(token, verdict);
      return verdict;
    } catch (error) {
      return { ok: false, ...explain(error) };
    }
  };
}

function explain(error: unknown): { problem: TokenProblem; found: string } {
  if (error instanceof errors.JWTExpired) return { problem: "expired", found: claim(error.payload, "exp") };
  if (error instanceof errors.JWTClaimValidationFailed) {
    const found = claim(error.payload, error.claim);
    if (error.claim === "iss") return { problem: "issuer", found };
    if (error.claim === "nbf") return { problem: "not-yet-valid", found };
    return { problem: "malformed", found: error.message };
  }
  const isForged = error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey;
  if (isForged || error instanceof errors.JOSEAlgNotAllowed) return { problem: "signature", found: error.message };
  return { problem: "malformed", found: error instanceof Error ? error.message : String(error) };
}

function claim(payload: JWTPayload, name: string): string {
  return String(payload[name]);
}

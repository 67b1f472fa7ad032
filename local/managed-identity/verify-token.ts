import { readFile } from "node:fs/promises";
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from "jose";
import { localIssuer } from "./identity.ts";
import { TOKEN_ALGORITHM } from "./token-keys.ts";

/** What is wrong with a token; the services of Azure have different words for it. */
export type TokenProblem = "audience" | "expired" | "issuer" | "malformed" | "not-yet-valid" | "signature";

export type TokenVerdict =
  | { readonly ok: true /** Milliseconds since 1970. */; readonly expiresAt: number }
  | { readonly ok: false; readonly problem: TokenProblem /** The claim that is wrong. */; readonly found: string };

export type VerifyToken = (token: string) => Promise<TokenVerdict>;

export interface VerifierOptions {
  /** Accepted values of `aud`. */
  readonly audiences: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Good tokens that are remembered: clients show the same one for hours. */
const REMEMBERED = 100;

/** Checks tokens of the local managed identity as services of Azure do: signature, issuer, audience and times, without leeway. */
export async function createTokenVerifier(keySetFile: string, options: VerifierOptions): Promise<VerifyToken> {
  const keySet = createLocalJWKSet(JSON.parse(await readFile(keySetFile, "utf8")) as JSONWebKeySet);
  const good = new Map<string, number>();
  return async (token) => {
    const known = good.get(token);
    if (known !== undefined && known > options.now()) return { ok: true, expiresAt: known };
    good.delete(token);
    try {
      const { payload } = await jwtVerify(token, keySet, {
        algorithms: [TOKEN_ALGORITHM],
        issuer: localIssuer,
        audience: [...options.audiences],
        requiredClaims: ["exp"],
        currentDate: new Date(options.now()),
      });
      const expiresAt = (payload.exp ?? 0) * 1000;
      if (good.size >= REMEMBERED) good.clear();
      good.set(token, expiresAt);
      return { ok: true, expiresAt };
    } catch (error) {
      return { ok: false, ...explain(error) };
    }
  };
}

function explain(error: unknown): { problem: TokenProblem; found: string } {
  if (error instanceof errors.JWTExpired) return { problem: "expired", found: claim(error.payload, "exp") };
  if (error instanceof errors.JWTClaimValidationFailed) {
    const found = claim(error.payload, error.claim);
    if (error.claim === "aud") return { problem: "audience", found };
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

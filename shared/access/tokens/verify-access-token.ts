import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { type ClaimOptions, readClaims, TokenRejection, type VerifiedToken } from "./read-claims.ts";
import type { FindVerifier } from "./signing-keys.ts";

export interface VerifyOptions extends Omit<ClaimOptions, "now"> {
  /** Most tokens remembered at once, and as many refused ones. */
  readonly remembered?: number;
  readonly now?: () => number;
}

/**
 * Verifies a token, once. A verified token is remembered by its hash until it expires. A refused one is remembered for
 * a few seconds, so that sending it again costs a hash. Throws TokenRejection, or AppError `secrets_unavailable`.
 */
export type VerifyAccessToken = (token: string) => VerifiedToken | Promise<VerifiedToken>;

/** Not longer: an unknown key may become known. */
const REFUSED_MS = 5_000;

export function createVerifyAccessToken(findVerifier: FindVerifier, options: VerifyOptions): VerifyAccessToken {
  const { remembered = 20_000, now = Date.now } = options;
  const verified = new LRUCache<string, VerifiedToken>({ max: remembered });
  const refused = new LRUCache<string, { readonly reason: string; readonly at: number }>({ max: remembered });
  const claimOptions = { ...options, now };

  const verify = async (token: string, id: string): Promise<VerifiedToken> => {
    try {
      const found = await readClaims(findVerifier, token, claimOptions);
      verified.set(id, found);
      return found;
    } catch (error) {
      if (error instanceof TokenRejection) refused.set(id, { reason: error.message, at: now() });
      throw error;
    }
  };

  return (token) => {
    const id = hash("sha256", token, "base64url");
    const known = verified.get(id);
    if (known && known.goodUntil > now()) return known;
    verified.delete(id);
    const no = refused.get(id);
    if (no && Math.abs(now() - no.at) < REFUSED_MS) throw new TokenRejection(no.reason);
    return verify(token, id);
  };
}

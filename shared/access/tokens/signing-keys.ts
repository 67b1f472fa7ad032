import type { CryptoKey, JWK } from "jose";

/** The one algorithm that signs access tokens and is accepted. */
export const TOKEN_ALGORITHM = "ES256";

export interface SigningKey {
  /** The Key Vault secret's version; a token's `kid`. */
  readonly keyId: string;
  readonly key: CryptoKey;
}

/** The key that signs now. Throws AppError `secrets_unavailable`. */
export type FindSigner = () => Promise<SigningKey>;

/**
 * The public key of this id, while a token that it signed may live. Undefined when it does not exist. Throws AppError
 * `secrets_unavailable` when that cannot be told.
 */
export type FindVerifier = (keyId: string) => Promise<CryptoKey | undefined>;

/** The public keys of all tokens that may live, as RFC 7517 writes them. */
export type PublicKeySet = () => Promise<{ readonly keys: readonly JWK[] }>;

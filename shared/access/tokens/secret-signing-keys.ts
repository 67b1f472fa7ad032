import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { AppError } from "../../errors.ts";
import { reached } from "../../runtime/reached.ts";
import type { SecretHolder } from "../../secrets/secret-holder.ts";
import { chooseSigner, isSecretRead, isUsable, type SecretVersion } from "../../secrets/secret-vault.ts";
import {
  type FindSigner,
  type FindVerifier,
  type PublicKeySet,
  type SigningKey,
  TOKEN_ALGORITHM,
} from "./signing-keys.ts";

/** The Key Vault secret with the private keys; each version's public half is in its tags. */
export const SIGNING_KEY_SECRET = "token-signing-key";

/** 32 bytes of a point on P-256, base64url. */
const COORDINATE = /^[\w-]{43}$/;

export interface SigningKeys {
  readonly findSigner: FindSigner;
  readonly findVerifier: FindVerifier;
  readonly publicKeySet: PublicKeySet;
}

/**
 * Signing keys from Key Vault. Verifiers list versions and read no value. The public half is in the tags (256
 * characters each, a coordinate has 43), so that one call both makes and publishes a key.
 */
export function createSigningKeys(secrets: SecretHolder, now: () => number = Date.now): SigningKeys {
  const signers = new Map<string, Promise<SigningKey>>();
  let current: SigningKey | undefined;
  const verifiers = new Map<string, Promise<CryptoKey>>();

  const usable = async (): Promise<readonly SecretVersion[]> =>
    (await secrets.versions(SIGNING_KEY_SECRET)).versions.filter(
      (version) => isSigningKey(version) && isUsable(version, now()),
    );

  const importSigner = async (version: string): Promise<SigningKey> => {
    const jwk = JSON.parse(await secrets.value(SIGNING_KEY_SECRET, version)) as JWK;
    return { keyId: version, key: (await importJWK(jwk, TOKEN_ALGORITHM)) as CryptoKey };
  };

  return {
    findSigner: async () => {
      const { versions: listed, readAt } = await secrets.versions(SIGNING_KEY_SECRET);
      const versions = listed.filter(isSigningKey);
      // By the time of the last look: while Key Vault is away, other instances cannot fetch a key that would take
      // effect now.
      const chosen = chooseSigner(versions, readAt);
      if (!chosen || !isUsable(chosen, now()))
        throw new AppError("secrets_unavailable", "there is no key that signs tokens yet", { retryAfter: 5 });
      if (current?.keyId === chosen.version) return current;
      const next = remember(signers, chosen.version, () => importSigner(chosen.version)).then((key) => {
        current = key;
        return key;
      });
      const before = versions.find(({ version }) => version === current?.keyId);
      if (!current || !before || !isUsable(before, now())) return next;
      // The previous key signs until the private key of the next is here: Key Vault may be away again.
      leaveToLater(next);
      return current;
    },
    findVerifier: async (keyId) => {
      const find = async (): Promise<SecretVersion | undefined> =>
        (await usable()).find(({ version }) => version === keyId);
      const known = await find();
      if (!known) await secrets.refreshForUnknown(SIGNING_KEY_SECRET);
      const found = known ?? (await find());
      if (found) return remember(verifiers, keyId, () => importVerifier(found));
      // An older key set cannot say that a key does not exist, nor can an older release.
      const held = await secrets.versions(SIGNING_KEY_SECRET);
      if (secrets.isFresh(held) && !isKnownToNewer(held.versions, keyId, now())) return undefined;
      throw notSure();
    },
    publicKeySet: async () => ({ keys: (await usable()).map(publicJwk) }),
  };
}

/**
 * Whether a version has a public half that verifies. A version that somebody added by hand has none, and is left alone;
 * so is one of a newer release.
 */
export function isSigningKey(version: SecretVersion): boolean {
  const { x = "", y = "" } = version.tags;
  return COORDINATE.test(x) && COORDINATE.test(y) && isSecretRead(version);
}

function leaveToLater(next: Promise<SigningKey>): void {
  reached("previous-key-signs");
  next.catch(() => undefined);
}

function notSure(): AppError {
  reached("signing-key-not-known-for-sure");
  return new AppError("secrets_unavailable", "the key set cannot be refreshed", { retryAfter: 5 });
}

function isKnownToNewer(versions: readonly SecretVersion[], keyId: string, now: number): boolean {
  return versions.some((one) => one.version === keyId && isUsable(one, now) && !isSecretRead(one));
}

/** A key pair as a secret: the private key as its value, the public one as tags. */
export async function makeSigningKey(): Promise<{
  readonly value: string;
  readonly tags: Readonly<Record<string, string>>;
}> {
  const { privateKey } = await generateKeyPair(TOKEN_ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { value: JSON.stringify(jwk), tags: { x: jwk.x ?? "", y: jwk.y ?? "" } };
}

function publicJwk({ version, tags }: SecretVersion): JWK {
  return { kty: "EC", crv: "P-256", x: tags.x ?? "", y: tags.y ?? "", kid: version, alg: TOKEN_ALGORITHM, use: "sig" };
}

async function importVerifier(version: SecretVersion): Promise<CryptoKey> {
  return (await importJWK(publicJwk(version), TOKEN_ALGORITHM)) as CryptoKey;
}

/** The few keys that exist; a failed read is tried again. */
function remember<T>(kept: Map<string, Promise<T>>, id: string, make: () => Promise<T>): Promise<T> {
  const known = kept.get(id);
  if (known !== undefined) return known;
  const made = make();
  kept.set(id, made);
  made.catch(() => kept.delete(id));
  return made;
}

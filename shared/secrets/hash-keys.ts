import { createSecretKey, hash, type KeyObject, randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import { AppError } from "../errors.ts";
import { Refreshed } from "../runtime/refreshed.ts";
import type { SecretVault } from "./secret-vault.ts";

/** Where the key is that an org's privacy rules hash by: a version of a secret of its own. */
export interface HashKeyPlace {
  /** Counted from 1: each key of an org has another number, and hashes begin with it. */
  readonly number: number;
  readonly secret: string;
  readonly version: string;
}

export interface HashKey {
  readonly number: number;
  readonly key: KeyObject;
}

/** The hash keys of orgs, in the vault. Every method throws AppError `secrets_unavailable`. */
export interface HashKeys {
  /** Asked for once, and remembered while the org's events come. */
  read(place: HashKeyPlace): Promise<HashKey>;
  /** Makes one. Another call makes another one, also under the same number. */
  make(orgId: string, number: number): Promise<HashKeyPlace>;
  /** Deletes it from the vault; one that is gone is fine. */
  end(secret: string): Promise<void>;
}

const KEY_BYTES = 32;
/** Keys that an instance remembers. */
const REMEMBERED = 10_000;
/** Longest that a request waits in ms for a key that was never read, and for how long a vault that failed is let be. */
const WAIT_MS = 5_000;
const REST_MS = 1_000;
const RETRY_SECONDS = 5;

export function createHashKeys(vault: SecretVault, now: () => number = Date.now): HashKeys {
  const known = new LRUCache<string, Refreshed<HashKey>>({ max: REMEMBERED });
  const open = (place: HashKeyPlace): Refreshed<HashKey> => {
    const name = `${place.secret}/${place.version}`;
    const found = known.get(name) ?? new Refreshed(() => readKey(vault, place), { restMs: REST_MS, now });
    known.set(name, found);
    return found;
  };
  return {
    read: async (place) => {
      const key = open(place);
      if (key.held) return key.held.value;
      if (key.isResting) throw unavailable(place.secret, "it could not be read a moment ago");
      const asked = key.askBriefly(WAIT_MS).catch((cause: unknown) => Promise.reject(unavailable(place.secret, cause)));
      return (await asked).value;
    },
    make: async (orgId, number) => {
      const secret = secretOf(orgId, number);
      const value = randomBytes(KEY_BYTES).toString("base64url");
      const made = vault.addVersion(secret, value, { notBefore: now(), tags: { v: "1", org: orgId } });
      const { version } = await made.catch((cause: unknown) => Promise.reject(unavailable(secret, cause)));
      return { number, secret, version };
    },
    end: (secret) => vault.deleteSecret(secret).catch((cause: unknown) => Promise.reject(unavailable(secret, cause))),
  };
}

async function readKey(vault: SecretVault, { number, secret, version }: HashKeyPlace): Promise<HashKey> {
  const bytes = Buffer.from(await vault.readValue(secret, version), "base64url");
  if (bytes.length !== KEY_BYTES) throw new Error(`the secret ${secret} is not a key of ${KEY_BYTES} bytes`);
  return { number, key: createSecretKey(bytes) };
}

/** Names in a vault have letters, digits and `-` alone; the tag `org` says whose it is. */
function secretOf(orgId: string, number: number): string {
  return `hash-key-${hash("sha256", orgId, "hex").slice(0, 32)}-${number}`;
}

function unavailable(secret: string, cause: unknown): AppError {
  const reason = `secret ${secret}: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new AppError("secrets_unavailable", "the org's hash key is not at hand", {
    cause,
    reason,
    retryAfter: RETRY_SECONDS,
  });
}

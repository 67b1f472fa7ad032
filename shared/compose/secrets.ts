import { createSigningKeys } from "../access/tokens/secret-signing-keys.ts";
import type { Config } from "../config.ts";
import { ownSecrets } from "../operator/own-secrets.ts";
import { createReadSecret } from "../secrets/create-read-secret.ts";
import { createHashKeys } from "../secrets/hash-keys.ts";
import { makeFirstOf } from "../secrets/keep-secrets.ts";
import { createKeyRings } from "../secrets/key-rings.ts";
import { createSecretHolder } from "../secrets/secret-holder.ts";
import type { Adapters } from "./adapters.ts";

/** The secrets, what rotates them, and what signs by them. */
export function createSecrets(config: Config, { vault, withLease }: Pick<Adapters, "vault" | "withLease">) {
  const { signingKeyMs, receiptKeyMs, secretCacheMs: cacheMs, tokens } = config;
  const owned = ownSecrets({ signingKeyMs, receiptKeyMs, tokenSeconds: tokens.lifetimeSeconds });
  const rotation = { vault, withLease, cacheMs, now: Date.now };
  const secrets = createSecretHolder(vault, { cacheMs, makeFirst: makeFirstOf(rotation, Object.values(owned)) });
  return {
    owned,
    rotation,
    secrets,
    hashKeys: createHashKeys(vault),
    readSecret: createReadSecret(secrets),
    keyRings: createKeyRings(secrets),
    signingKeys: createSigningKeys(secrets),
  };
}

export type Secrets = ReturnType<typeof createSecrets>;

import { AppError } from "../errors.ts";
import type { SecretVault, SecretVersion } from "./secret-vault.ts";

/** A secret's versions as they were at a time. */
export interface HeldVersions {
  readonly versions: readonly SecretVersion[];
  /** Milliseconds since 1970, before the vault was asked. */
  readonly readAt: number;
}

/** The one place that holds secrets. Throws AppError `secrets_unavailable` for what was never read while the vault is away. */
export interface SecretHolder {
  /** From memory; refreshed before they are a cache lifetime old; older ones while the vault is away. */
  versions(name: string): Promise<HeldVersions>;
  value(name: string, version: string): Promise<string>;
  /** Asks the vault now, unless it was asked for this reason within the last 30 seconds. */
  refreshForUnknown(name: string): Promise<void>;
  /** Asks the vault at the next use. */
  expire(name: string): void;
  /** Whether what is held is within its cache lifetime. */
  isFresh(held: HeldVersions): boolean;
}

export interface HolderOptions {
  /** Cache lifetime in ms. It is refreshed in the background from half of it on. */
  readonly cacheMs: number;
  /** Longest that a request waits in ms for what is past its cache lifetime, before it takes the old. */
  readonly waitMs?: number;
  readonly now?: () => number;
  /** Makes the first version of a secret that Headrace makes itself. Called when there is none. */
  readonly makeFirst?: (name: string) => Promise<void>;
}

interface Held {
  held: HeldVersions | undefined;
  expired: boolean;
  asking: Promise<HeldVersions> | undefined;
  failedAt: number;
  /** The vault did not answer in time the last time: nobody waits for it again before it has answered. */
  away: boolean;
  unknownAt: number;
  unknownAsk: Promise<void> | undefined;
}

const UNKNOWN_EVERY_MS = 30_000;

export function createSecretHolder(vault: SecretVault, options: HolderOptions): SecretHolder {
  const { cacheMs, waitMs = 2_000, now = Date.now, makeFirst } = options;
  const secrets = new Map<string, Held>();
  const values = new Map<string, Promise<string>>();
  /** When a value could not be read, in ms since 1970. */
  const valueFailedAt = new Map<string, number>();
  /** After a failure the vault is left alone for this long, by requests that have something older. */
  const retryMs = Math.min(2_000, cacheMs / 4);

  // What lies in the future was noted before the clock was put back: nobody can tell how old it is.
  const since = (time: number): number => Math.abs(now() - time);

  const heldOf = (name: string): Held => {
    const known = secrets.get(name);
    if (known) return known;
    const never = Number.NEGATIVE_INFINITY;
    const nothing = { held: undefined, expired: false, asking: undefined, away: false, unknownAsk: undefined };
    const made: Held = { ...nothing, failedAt: never, unknownAt: never };
    secrets.set(name, made);
    return made;
  };

  const list = async (name: string): Promise<readonly SecretVersion[]> => {
    const versions = await vault.listVersions(name);
    if (versions.length > 0 || !makeFirst) return versions;
    await makeFirst(name);
    return vault.listVersions(name);
  };

  const ask = (name: string): Promise<HeldVersions> => {
    const secret = heldOf(name);
    const readAt = now();
    secret.asking ??= list(name)
      .then((versions) => {
        const held = { versions, readAt };
        secret.held = held;
        secret.expired = false;
        secret.away = false;
        forgetValues(name, versions);
        return held;
      })
      .catch((cause: unknown) => {
        secret.failedAt = now();
        secret.away = true;
        throw unavailable(name, cause);
      })
      .finally(() => {
        secret.asking = undefined;
      });
    return secret.asking;
  };

  const forgetValues = (name: string, versions: readonly SecretVersion[]): void => {
    const kept = new Set(versions.filter(({ enabled }) => enabled).map(({ version }) => `${name}/${version}`));
    for (const id of values.keys()) if (id.startsWith(`${name}/`) && !kept.has(id)) values.delete(id);
  };

  const askBriefly = async (name: string): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      heldOf(name).away = true;
      resolve();
    }, waitMs);
    const asked = ask(name).then(
      () => undefined,
      () => undefined,
    );
    await Promise.race([asked, promise]).finally(() => clearTimeout(timer));
  };

  const isFresh = ({ readAt }: HeldVersions): boolean => since(readAt) < cacheMs;

  return {
    versions: async (name) => {
      const secret = heldOf(name);
      const { held } = secret;
      if (!held) return ask(name);
      const due = secret.expired || since(held.readAt) >= cacheMs / 2;
      if (!due || since(secret.failedAt) < retryMs) return held;
      if (secret.away || (!secret.expired && isFresh(held))) ask(name).catch(() => undefined);
      else await askBriefly(name);
      return secret.held ?? held;
    },
    value: (name, version) => {
      const id = `${name}/${version}`;
      const known = values.get(id);
      if (known !== undefined) return known;
      if (since(valueFailedAt.get(id) ?? Number.NEGATIVE_INFINITY) < retryMs)
        return Promise.reject(unavailable(name, "it could not be read a moment ago"));
      const asked = vault.readValue(name, version).catch((cause: unknown) => {
        values.delete(id);
        valueFailedAt.set(id, now());
        throw unavailable(name, cause);
      });
      values.set(id, asked);
      return asked;
    },
    refreshForUnknown: async (name) => {
      const secret = heldOf(name);
      if (since(secret.unknownAt) >= Math.min(UNKNOWN_EVERY_MS, cacheMs)) {
        secret.unknownAt = now();
        secret.unknownAsk = askBriefly(name).finally(() => {
          secret.unknownAsk = undefined;
        });
      }
      await secret.unknownAsk;
    },
    expire: (name) => {
      heldOf(name).expired = true;
    },
    isFresh,
  };
}

function unavailable(name: string, cause: unknown): AppError {
  return new AppError("secrets_unavailable", "Key Vault does not answer", {
    cause,
    reason: `secret ${name}`,
    retryAfter: 2,
  });
}

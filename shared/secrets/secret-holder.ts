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
  /**
   * From memory, which is refreshed before it is a cache lifetime old; older ones while the vault is away, for which nobody waits. Waited for is
   * what was never read, what was expired, and what nobody has refreshed because the machine stood still.
   */
  versions(name: string): Promise<HeldVersions>;
  value(name: string, version: string): Promise<string>;
  /** Asks the vault now, unless it was asked for this reason within the last 30 seconds. */
  refreshForUnknown(name: string): Promise<void>;
  /** Asks the vault, and waits for its answer; never rejects. */
  refresh(name: string): Promise<void>;
  /** What is held must not be used any more: the next use waits for the vault, briefly. */
  expire(name: string): void;
  /** Whether what is held is within its cache lifetime. */
  isFresh(held: HeldVersions): boolean;
}

export interface HolderOptions {
  /** Cache lifetime in ms. What was read once is refreshed in the background at half of it, whether requests come or not. */
  readonly cacheMs: number;
  /** Longest that a request waits in ms for what it should not use, before it takes the old. Default: 2,000. */
  readonly waitMs?: number;
  /** Longest that a request waits in ms for what was never read. Default: 5,000. */
  readonly firstWaitMs?: number;
  readonly now?: () => number;
  /** Makes the first version of a secret that Headrace makes itself. Called when there is none. */
  readonly makeFirst?: (name: string) => Promise<void>;
}

interface Held {
  held: HeldVersions | undefined;
  expired: boolean;
  /** How often it was expired: an answer to what was asked before does not count. */
  expiries: number;
  asking: Promise<HeldVersions> | undefined;
  failedAt: number;
  /** The vault did not answer in time the last time: nobody waits for it again before it has answered. */
  away: boolean;
  unknownAt: number;
  unknownAsk: Promise<void> | undefined;
  /** The next look. */
  timer: NodeJS.Timeout | undefined;
}

const UNKNOWN_EVERY_MS = 30_000;

export function createSecretHolder(vault: SecretVault, options: HolderOptions): SecretHolder {
  const { cacheMs, waitMs = 2_000, firstWaitMs = 5_000, now = Date.now, makeFirst } = options;
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
    const nothing = {
      held: undefined,
      expired: false,
      expiries: 0,
      asking: undefined,
      away: false,
      unknownAsk: undefined,
      timer: undefined,
    };
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
    if (secret.asking !== undefined) return secret.asking;
    const [readAt, expiries] = [now(), secret.expiries];
    secret.asking = list(name)
      .then((versions) => {
        const held = { versions, readAt };
        secret.held = held;
        if (secret.expiries === expiries) secret.expired = false;
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
        keepFresh(name);
      });
    return secret.asking;
  };

  /** Without this, an instance that nobody asked for a while would sign with a key that the others have already seen off. */
  const keepFresh = (name: string): void => {
    const secret = heldOf(name);
    clearTimeout(secret.timer);
    // While it is away requests ask more often; many idle instances that did would keep a throttled vault from coming back.
    if (secret.held) secret.timer = setTimeout(() => askLater(name), cacheMs / (secret.away ? 4 : 2)).unref();
  };

  const askLater = (name: string): void => void ask(name).catch(() => undefined);

  const forgetValues = (name: string, versions: readonly SecretVersion[]): void => {
    const kept = new Set(versions.filter(({ enabled }) => enabled).map(({ version }) => `${name}/${version}`));
    for (const id of values.keys()) if (id.startsWith(`${name}/`) && !kept.has(id)) values.delete(id);
  };

  /** An answer that comes later is still taken. Rejects with AppError `secrets_unavailable` when there is none by then. */
  const askBriefly = async (name: string, ms: number): Promise<HeldVersions> => {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      heldOf(name).away = true;
      reject(unavailable(name, new Error(`no answer within ${ms} ms`)));
    }, ms);
    return Promise.race([ask(name), promise]).finally(() => clearTimeout(timer));
  };

  const askFirst = (name: string): Promise<HeldVersions> => {
    const { away, asking } = heldOf(name);
    // It has been waited for long enough already: a queue of requests would only grow.
    if (away && asking !== undefined) return Promise.reject(unavailable(name, new Error("it has not answered yet")));
    return askBriefly(name, firstWaitMs);
  };

  const isFresh = ({ readAt }: HeldVersions): boolean => since(readAt) < cacheMs;

  return {
    versions: async (name) => {
      const secret = heldOf(name);
      const { held } = secret;
      if (!held) return askFirst(name);
      const due = secret.expired || since(held.readAt) >= cacheMs / 2;
      if (!due || since(secret.failedAt) < retryMs) return held;
      // Being asked, it has been asked since half the lifetime: it hangs.
      const mustWait = secret.expired || (!isFresh(held) && secret.asking === undefined);
      if (secret.away || !mustWait) askLater(name);
      else await askBriefly(name, waitMs).catch(() => undefined);
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
        // It may have been disabled since it was listed.
        if (heldOf(name).held) askLater(name);
        throw unavailable(name, cause);
      });
      values.set(id, asked);
      return asked;
    },
    refreshForUnknown: async (name) => {
      const secret = heldOf(name);
      if (since(secret.unknownAt) >= Math.min(UNKNOWN_EVERY_MS, cacheMs)) {
        secret.unknownAt = now();
        const end = (): void => {
          secret.unknownAsk = undefined;
        };
        secret.unknownAsk = askBriefly(name, waitMs).then(end, end);
      }
      await secret.unknownAsk;
    },
    refresh: async (name) => {
      // What is under way may have been asked before whatever this is called for.
      await heldOf(name).asking?.catch(() => undefined);
      await ask(name).catch(() => undefined);
    },
    expire: (name) => {
      heldOf(name).expired = true;
      heldOf(name).expiries++;
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

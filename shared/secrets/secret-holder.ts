import { AppError } from "../errors.ts";
import { reached } from "../runtime/reached.ts";
import { Refreshed } from "../runtime/refreshed.ts";
import type { SecretVault, SecretVersion } from "./secret-vault.ts";

/** A secret's versions as they were at a time. */
export interface HeldVersions {
  readonly versions: readonly SecretVersion[];
  /** Milliseconds since 1970, before the vault was asked. */
  readonly readAt: number;
}

/**
 * The one place that holds secrets. Throws AppError `secrets_unavailable` for a secret that was never read while the
 * vault is away.
 */
export interface SecretHolder {
  /**
   * From memory, which is refreshed before it is a cache lifetime old. While the vault is away, older ones are given
   * without waiting. A caller waits for a secret that was never read, that has expired, or that was not refreshed
   * because the machine stood still.
   */
  versions(name: string): Promise<HeldVersions>;
  value(name: string, version: string): Promise<string>;
  /** Asks the vault now, unless it was asked for this reason within the last 30 seconds. */
  refreshForUnknown(name: string): Promise<void>;
  /** Asks the vault, and waits for its answer; never rejects. */
  refresh(name: string): Promise<void>;
  /** The copy must not be used any more: the next use waits for the vault, briefly. */
  expire(name: string): void;
  /** Whether the copy is within its cache lifetime. */
  isFresh(held: HeldVersions): boolean;
}

export interface HolderOptions {
  /**
   * Cache lifetime in ms. A secret that was read once is refreshed in the background at half of it, whether requests
   * come or not.
   */
  readonly cacheMs: number;
  /** Longest that a request waits in ms for a newer copy, before it takes the old one. Default: 2,000. */
  readonly waitMs?: number;
  /** Longest that a request waits in ms for a secret that was never read. Default: 5,000. */
  readonly firstWaitMs?: number;
  readonly now?: () => number;
  /** Makes the first version of a secret that Headrace makes itself. Called when there is none. */
  readonly makeFirst?: (name: string) => Promise<void>;
}

const UNKNOWN_EVERY_MS = 30_000;

export function createSecretHolder(vault: SecretVault, options: HolderOptions): SecretHolder {
  const { cacheMs, waitMs = 2_000, firstWaitMs = 5_000, now = Date.now, makeFirst } = options;
  const rules = { waitMs, restMs: Math.min(2_000, cacheMs / 4), now };
  const lists = new Map<string, Refreshed<HeldVersions>>();
  const values = new Map<string, Refreshed<string>>();

  const listOf = (name: string): Refreshed<HeldVersions> =>
    getOrMake(lists, name, () => {
      const read = async (): Promise<HeldVersions> => {
        const readAt = now();
        const versions = await listVersions(vault, name, makeFirst);
        forgetValues(values, name, versions);
        return { versions, readAt };
      };
      // Without the timer, an idle instance would sign with a key that the others no longer accept.
      return new Refreshed(read, { ...rules, refreshMs: cacheMs / 2, staleMs: cacheMs, byTimer: true });
    });

  const valueFor = (name: string, version: string): Refreshed<string> =>
    getOrMake(values, `${name}/${version}`, () => {
      const read = (): Promise<string> =>
        vault.readValue(name, version).catch((cause: unknown) => {
          // It may have been disabled since it was listed.
          if (listOf(name).held) listOf(name).askLater();
          throw unavailable(name, cause);
        });
      return new Refreshed(read, rules);
    });

  return {
    versions: async (name) => {
      const versions = listOf(name);
      const held = versions.held && (await versions.current());
      const refuse = (cause: unknown): never => {
        throw unavailable(name, cause);
      };
      return (held ?? (await versions.askBriefly(firstWaitMs).catch(refuse))).value;
    },
    value: async (name, version) => {
      const value = valueFor(name, version);
      if (value.held) return value.held.value;
      if (value.isResting) throw leftAlone(name);
      return (await value.ask()).value;
    },
    refreshForUnknown: (name) => listOf(name).lookAgain(Math.min(UNKNOWN_EVERY_MS, cacheMs)),
    refresh: (name) => listOf(name).refresh(),
    expire: (name) => listOf(name).expire(),
    isFresh: ({ readAt }) => Math.abs(now() - readAt) < cacheMs,
  };
}

async function listVersions(
  vault: SecretVault,
  name: string,
  makeFirst: HolderOptions["makeFirst"],
): Promise<readonly SecretVersion[]> {
  const versions = await vault.listVersions(name);
  if (versions.length > 0 || !makeFirst) return versions;
  reached("secret-made-first");
  await makeFirst(name);
  return vault.listVersions(name);
}

/** The values of versions that are not listed any more, or disabled. */
function forgetValues(values: Map<string, unknown>, name: string, versions: readonly SecretVersion[]): void {
  const kept = new Set(versions.filter(({ enabled }) => enabled).map(({ version }) => `${name}/${version}`));
  for (const id of values.keys()) if (id.startsWith(`${name}/`) && !kept.has(id)) values.delete(id);
}

function getOrMake<T>(kept: Map<string, T>, id: string, make: () => T): T {
  const known = kept.get(id);
  if (known !== undefined) return known;
  const made = make();
  kept.set(id, made);
  return made;
}

function leftAlone(name: string): AppError {
  reached("vault-left-alone");
  return unavailable(name, "it could not be read a moment ago");
}

function unavailable(name: string, cause: unknown): AppError {
  return new AppError("secrets_unavailable", "Key Vault does not answer", {
    cause,
    reason: `secret ${name}`,
    retryAfter: 2,
  });
}

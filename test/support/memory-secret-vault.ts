import { randomUUID } from "node:crypto";
import type { SecretVault, SecretVersion } from "../../shared/secrets/secret-vault.ts";

export interface MemorySecretVault extends SecretVault {
  /** Every call that was made, away or not. */
  readonly calls: { readonly method: keyof SecretVault; readonly name: string }[];
  /** While true, every call fails. */
  away: boolean;
  /** While set, every call waits for it. */
  hanging: Promise<void> | undefined;
}

/**
 * A secret vault in memory, for tests that move the clock. It passes the same contract suite as the one for Key Vault.
 */
export function createMemorySecretVault(now: () => number): MemorySecretVault {
  const secrets = new Map<string, (SecretVersion & { readonly value: string })[]>();
  const vault: MemorySecretVault = {
    calls: [],
    away: false,
    hanging: undefined,
    listVersions: async (name) => {
      await call("listVersions", name);
      return versionsOf(name).map(({ value: _, ...version }) => version);
    },
    readValue: async (name, version) => {
      await call("readValue", name);
      const found = versionsOf(name).find((one) => one.version === version);
      if (!found?.enabled) throw new Error(`no enabled version ${version} of ${name}`);
      return found.value;
    },
    addVersion: async (name, value, { notBefore, tags = {} }) => {
      await call("addVersion", name);
      const createdAt = Math.floor(now() / 1000) * 1000;
      const version = {
        version: randomUUID().replaceAll("-", ""),
        enabled: true,
        createdAt,
        notBefore,
        expiresAt: undefined,
        tags,
      };
      secrets.set(name, [...versionsOf(name), { ...version, value }]);
      return version;
    },
    changeVersion: async (name, version, change) => {
      await call("changeVersion", name);
      secrets.set(
        name,
        versionsOf(name).map((one) => (one.version === version ? { ...one, ...change } : one)),
      );
    },
    deleteSecret: async (name) => {
      await call("deleteSecret", name);
      secrets.delete(name);
    },
  };
  const versionsOf = (name: string) => secrets.get(name) ?? [];
  const call = async (method: keyof SecretVault, name: string): Promise<void> => {
    vault.calls.push({ method, name });
    await vault.hanging;
    if (vault.away) throw new Error("the vault is away");
  };
  return vault;
}

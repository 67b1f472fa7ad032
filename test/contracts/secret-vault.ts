import { describe, expect, it } from "vitest";
import type { SecretVault } from "../../shared/secrets/secret-vault.ts";

/** The contract of every secret vault, wherever it keeps the secrets. */
export function describeSecretVault(name: string, open: () => Promise<SecretVault>): void {
  describe(`secret vault: ${name}`, () => {
    const second = (ms: number): number => Math.floor((Date.now() + ms) / 1000) * 1000;

    it("lists nothing for a secret that does not exist", async () => {
      expect(await (await open()).listVersions("nothing")).toEqual([]);
    });

    it("keeps versions with their times and tags, and gives a value by its version, even before it is in effect", async () => {
      const vault = await open();
      const first = await vault.addVersion("key", "one", { notBefore: second(0), tags: { x: "a".repeat(43) } });
      const later = await vault.addVersion("key", "two", { notBefore: second(3_600_000) });
      expect(first.version).not.toBe(later.version);
      const listed = await vault.listVersions("key");
      expect(listed.map(({ version }) => version).sort()).toEqual([first.version, later.version].sort());
      expect(listed.find(({ version }) => version === first.version)).toMatchObject({
        enabled: true,
        notBefore: first.notBefore,
        expiresAt: undefined,
        tags: { x: "a".repeat(43) },
      });
      expect(later.notBefore).toBeGreaterThan(Date.now() + 3_500_000);
      expect(await vault.readValue("key", first.version)).toBe("one");
      expect(await vault.readValue("key", later.version)).toBe("two");
    });

    it("changes a version, keeps unnamed attributes, and gives no value of a disabled one", async () => {
      const vault = await open();
      const made = await vault.addVersion("key", "one", { notBefore: second(0), tags: { x: "1" } });
      const other = await vault.addVersion("key", "two", { notBefore: second(0) });
      const end = second(60_000);
      await vault.changeVersion("key", made.version, { expiresAt: end });
      await vault.changeVersion("key", made.version, { enabled: false });
      const listed = await vault.listVersions("key");
      expect(listed.find(({ version }) => version === made.version)).toMatchObject({
        enabled: false,
        expiresAt: end,
        tags: { x: "1" },
      });
      expect(listed.find(({ version }) => version === other.version)?.enabled).toBe(true);
      await expect(vault.readValue("key", made.version)).rejects.toThrow();
    });

    it("gives no value of a secret that is deleted, and takes it that there is none to delete", async () => {
      const vault = await open();
      const made = await vault.addVersion("ended", "one", { notBefore: second(0) });
      await vault.deleteSecret("ended");
      await expect(vault.readValue("ended", made.version)).rejects.toThrow();
      expect(await vault.listVersions("ended")).toEqual([]);
      await vault.deleteSecret("ended");
      await vault.deleteSecret("never-there");
    });

    it("lists more versions than fit on a page of Key Vault", async () => {
      const vault = await open();
      for (let i = 0; i < 30; i++) await vault.addVersion("many", String(i), { notBefore: second(0) });
      expect(new Set((await vault.listVersions("many")).map(({ version }) => version)).size).toBe(30);
    });
  });
}

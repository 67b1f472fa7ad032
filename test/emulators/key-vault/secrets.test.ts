import type { SecretClient, SecretProperties } from "@azure/keyvault-secrets";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createClient, listAll, startWorld } from "./support.ts";

async function versionsOf(client: SecretClient, name: string): Promise<SecretProperties[]> {
  return listAll(client.listPropertiesOfSecretVersions(name));
}

async function refusal(work: Promise<unknown>): Promise<{ statusCode?: number; code?: string; message: string }> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error("It was not refused.");
  const { statusCode, code, message } = error as Error & { statusCode?: number; code?: string };
  return { message, ...(statusCode === undefined ? {} : { statusCode }), ...(code === undefined ? {} : { code }) };
}

describe("a secret", () => {
  test("is read by name and by version, with everything that it was given", async () => {
    const { client, endpoint, clock } = await startWorld();
    const notBefore = new Date("2026-01-01T00:00:00Z");
    const expiresOn = new Date("2027-01-01T00:00:00Z");
    const tags = { purpose: "signing" };
    const first = await client.setSecret("signing-key", "one", {
      contentType: "text/plain",
      tags,
      notBefore,
      expiresOn,
    });
    const second = await client.setSecret("signing-key", "two");

    expect(first.properties).toMatchObject({
      name: "signing-key",
      vaultUrl: endpoint,
      enabled: true,
      recoverableDays: 90,
    });
    expect(first.properties).toMatchObject({ contentType: "text/plain", tags, notBefore, expiresOn });
    expect(first.properties.createdOn?.getTime()).toBe(Math.floor(clock.now / 1000) * 1000);
    expect(first.properties.id).toBe(`${endpoint}/secrets/signing-key/${first.properties.version}`);
    expect(first.properties.version).toMatch(/^[0-9a-f]{32}$/);
    expect((await client.getSecret("signing-key")).value).toBe("two");
    expect((await client.getSecret("SIGNING-key")).name).toBe("signing-key");
    const { version = "" } = first.properties;
    expect(await client.getSecret("signing-key", { version })).toMatchObject({
      value: "one",
      properties: first.properties,
    });
    expect(second.properties.version).not.toBe(version);
  });

  test("is read newest first, even before its nbf and after its exp, which only inform", async () => {
    const { client, clock } = await startWorld();
    await client.setSecret("k", "old");
    const notBefore = new Date(clock.now + 3_600_000);
    await client.setSecret("k", "future", { notBefore, expiresOn: new Date(clock.now + 7_200_000) });
    expect((await client.getSecret("k")).value).toBe("future");
    clock.now += 10_000_000;
    expect((await client.getSecret("k")).value).toBe("future");
  });

  test("that is disabled is refused with 403, and its older versions are not", async () => {
    const { client } = await startWorld();
    const old = await client.setSecret("k", "old");
    const { properties } = await client.setSecret("k", "new");
    await client.updateSecretProperties("k", properties.version ?? "", { enabled: false });
    const refused = {
      statusCode: 403,
      code: "Forbidden",
      message: "Operation get is not allowed on a disabled secret.",
    };
    expect(await refusal(client.getSecret("k"))).toMatchObject(refused);
    expect(await refusal(client.getSecret("k", { version: properties.version ?? "" }))).toMatchObject(refused);
    expect((await client.getSecret("k", { version: old.properties.version ?? "" })).value).toBe("old");
    expect((await versionsOf(client, "k")).map(({ enabled }) => enabled).sort()).toEqual([false, true]);
    await client.updateSecretProperties("k", properties.version ?? "", { enabled: true });
    expect((await client.getSecret("k")).value).toBe("new");
  });

  test("keeps attributes that an update does not name", async () => {
    const { client, clock } = await startWorld();
    const notBefore = new Date("2026-02-01T00:00:00Z");
    const { properties } = await client.setSecret("k", "v", { tags: { a: "1" }, contentType: "x", notBefore });
    clock.now += 5_000;
    const expiresOn = new Date("2027-02-01T00:00:00Z");
    const updated = await client.updateSecretProperties("k", properties.version ?? "", { expiresOn, tags: { b: "2" } });
    expect(updated).toMatchObject({ expiresOn, notBefore, contentType: "x", tags: { b: "2" }, enabled: true });
    expect(updated.updatedOn?.getTime()).toBe((properties.createdOn?.getTime() ?? 0) + 5_000);
    expect((await client.getSecret("k")).value).toBe("v");
  });

  const bad: [
    what: string,
    work: (client: SecretClient) => Promise<unknown>,
    statusCode: number,
    code: string,
    said: string,
  ][] = [
    [
      "a secret that is not there",
      (c) => c.getSecret("nowhere"),
      404,
      "SecretNotFound",
      "A secret with (name/id) nowhere was not found",
    ],
    [
      "an update of it",
      (c) => c.updateSecretProperties("nowhere", "0".repeat(32), {}),
      404,
      "SecretNotFound",
      "nowhere",
    ],
    ["a name with an underscore", (c) => c.setSecret("a_b", "v"), 400, "BadParameter", "invalid name: a_b"],
    ["a value that is too long", (c) => c.setSecret("k", "x".repeat(25_601)), 400, "BadParameter", "value"],
    ["a value that is far too long", (c) => c.setSecret("k", "x".repeat(600_000)), 400, "BadParameter", "value"],
    [
      "16 tags",
      (c) => c.setSecret("k", "v", { tags: Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`t${i}`, ""])) }),
      400,
      "BadParameter",
      "tags",
    ],
    [
      "exp before nbf",
      (c) => c.setSecret("k", "v", { notBefore: new Date(2e12), expiresOn: new Date(1e12) }),
      400,
      "BadParameter",
      "exp",
    ],
    ["a backup of a secret that is not there", (c) => c.backupSecret("nowhere"), 404, "SecretNotFound", "nowhere"],
    [
      "a restore of what is no backup",
      (c) => c.restoreSecretBackup(new Uint8Array([1])),
      400,
      "BadParameter",
      "no backup of this emulator",
    ],
  ];
  test.each(bad)("%s is refused", async (_what, work, statusCode, code, said) => {
    const { client } = await startWorld();
    const answer = await refusal(work(client));
    expect(answer).toMatchObject({ statusCode, code });
    expect(answer.message).toContain(said);
  });

  test("takes a value of exactly 25 KiB, byte for byte", async () => {
    const { client } = await startWorld();
    const value = "ü".repeat(12_800);
    await client.setSecret("k", value);
    expect((await client.getSecret("k")).value).toBe(value);
  });
});

test("lists come in pages: secrets by name, versions by id and not by age", async () => {
  const { client } = await startWorld();
  const names = Array.from({ length: 60 }, (_, i) => `s${String(i).padStart(2, "0")}`);
  for (const name of names) await client.setSecret(name, "v");
  for (let i = 0; i < 55; i++) await client.setSecret("many", String(i));

  const pages = await listAll(client.listPropertiesOfSecrets().byPage({ maxPageSize: 10 }));
  expect(pages.map((page) => page.length)).toEqual([10, 10, 10, 10, 10, 10, 1]);
  expect(pages.flat().map(({ name }) => name)).toEqual(["many", ...names]);
  expect(pages.flat().every(({ version }) => version === undefined)).toBe(true);
  const versions = (await versionsOf(client, "many")).map(({ version }) => version);
  expect(new Set(versions).size).toBe(55);
  expect(await versionsOf(client, "nowhere")).toEqual([]);
  expect(versions).toEqual([...versions].sort());
});

describe("soft delete", () => {
  test("hides a secret until it is recovered, with all its versions", async () => {
    const { client, clock } = await startWorld();
    const first = await client.setSecret("k", "one");
    await client.setSecret("k", "two");
    await client.setSecret("other", "stays");
    const deletion = await (await client.beginDeleteSecret("k")).pollUntilDone();
    expect(deletion.deletedOn?.getTime()).toBe(Math.floor(clock.now / 1000) * 1000);
    expect(deletion.scheduledPurgeDate?.getTime()).toBe((deletion.deletedOn?.getTime() ?? 0) + 90 * 86_400_000);

    expect(await refusal(client.getSecret("k"))).toMatchObject({ statusCode: 404 });
    expect(await refusal(client.getSecret("k", { version: first.properties.version ?? "" }))).toMatchObject({
      statusCode: 404,
    });
    const conflict = await refusal(client.setSecret("k", "three"));
    expect(conflict).toMatchObject({ statusCode: 409, code: "Conflict" });
    expect(conflict.message).toContain("deleted but recoverable");
    expect(await versionsOf(client, "k")).toEqual([]);
    expect((await listAll(client.listPropertiesOfSecrets())).map(({ name }) => name)).toEqual(["other"]);
    const listed = await listAll(client.listDeletedSecrets());
    expect(listed.map(({ name, properties }) => [name, properties.recoveryId])).toEqual([
      ["k", deletion.properties.recoveryId],
    ]);

    await (await client.beginRecoverDeletedSecret("k")).pollUntilDone();
    expect((await client.getSecret("k")).value).toBe("two");
    expect(await versionsOf(client, "k")).toHaveLength(2);
    expect(await refusal(client.getDeletedSecret("k"))).toMatchObject({ statusCode: 404, code: "SecretNotFound" });
  });

  test("ends with a purge, by hand or after 90 days", async () => {
    const { client, clock } = await startWorld();
    for (const name of ["a", "b"]) {
      await client.setSecret(name, "v");
      await (await client.beginDeleteSecret(name)).pollUntilDone();
    }
    await client.purgeDeletedSecret("a");
    expect(await refusal(client.purgeDeletedSecret("a"))).toMatchObject({ statusCode: 404 });
    await client.setSecret("a", "new");
    expect(await versionsOf(client, "a")).toHaveLength(1);

    clock.now += 89 * 86_400_000;
    expect((await client.getDeletedSecret("b")).name).toBe("b");
    clock.now += 86_400_000;
    expect(await refusal(client.getDeletedSecret("b"))).toMatchObject({ statusCode: 404 });
    expect(await listAll(client.listDeletedSecrets())).toEqual([]);
    await client.setSecret("b", "new");
    expect(await versionsOf(client, "b")).toHaveLength(1);
  });
});

test("every value that was set is read back, and the newest version is the last one set", async () => {
  const { endpoint } = await startWorld();
  const client = createClient(endpoint);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: "binary", maxLength: 200 }), { minLength: 1, maxLength: 6 }),
      async (values) => {
        const name = `p${run++}`;
        const versions: string[] = [];
        for (const value of values) versions.push((await client.setSecret(name, value)).properties.version ?? "");
        expect((await client.getSecret(name)).value).toBe(values.at(-1));
        for (const [i, version] of versions.entries()) {
          expect((await client.getSecret(name, { version })).value).toBe(values[i]);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test("a backup is restored with all versions as they were, in another vault, and never over an existing secret", async () => {
  const { client } = await startWorld();
  const { client: other } = await startWorld();
  const first = await client.setSecret("k", "ü1", { tags: { a: "1" }, contentType: "x", expiresOn: new Date(2e12) });
  await client.setSecret("k", "2");
  await client.updateSecretProperties("k", first.properties.version ?? "", { enabled: false });
  const backup = await client.backupSecret("k");
  if (!backup) throw new Error("There is no backup.");
  expect(await refusal(client.restoreSecretBackup(backup))).toMatchObject({ statusCode: 409, code: "Conflict" });
  await other.restoreSecretBackup(backup);
  expect((await other.getSecret("k")).value).toBe("2");
  const bare = (versions: SecretProperties[]) => versions.map(({ id: _, vaultUrl: __, ...rest }) => rest);
  expect(bare(await versionsOf(other, "k"))).toEqual(bare(await versionsOf(client, "k")));
  await (await client.beginDeleteSecret("k")).pollUntilDone();
  expect(await refusal(client.restoreSecretBackup(backup))).toMatchObject({ statusCode: 409 });
  await client.purgeDeletedSecret("k");
  await client.restoreSecretBackup(backup);
  await client.updateSecretProperties("k", first.properties.version ?? "", { enabled: true });
  expect((await client.getSecret("k", { version: first.properties.version ?? "" })).value).toBe("ü1");
});

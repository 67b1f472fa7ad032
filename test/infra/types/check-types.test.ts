import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkTypes } from "../../../infra/types/check-types.ts";
import { writePublishedTypes } from "../support/published-types.ts";
import { registrationOf } from "../support/registration.ts";

const right = {
  accountName: "stheadrace",
  resourceGroupName: "rg-headrace",
  location: "eastus2",
  tags: { app: "headrace" },
  sku: { name: "Standard_ZRS" },
  identity: { userAssignedIdentities: ["/subscriptions/a"] },
  enableHttpsTrafficOnly: true,
  days: 7,
  rules: [{ port: 1 }, { properties: { port: 2 } }],
  policy: { type: "Continuous", days: 30 },
  anything: { at: ["all"] },
  policySettings: { state: "on", rules: 1 },
};

let folder: string;
beforeAll(async () => {
  folder = await writePublishedTypes();
});
afterAll(() => rm(folder, { recursive: true }));

async function findingsOf(
  inputs: Record<string, unknown>,
  type = "azure-native:storage:StorageAccount",
): Promise<string[]> {
  const [checked] = await checkTypes([registrationOf(type, inputs)], folder);
  return checked?.findings.map(({ kind, path }) => `${kind} ${path}`) ?? ["nothing was checked"];
}

describe("an input of each kind", () => {
  it("that is right passes, with members of `properties` one level up or not", async () => {
    expect(await findingsOf(right)).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["a property that is not there", { ...right, minimumTls: "1.2" }, "unknown minimumTls"],
    ["one that is not there further down", { ...right, sku: { name: "Standard_ZRS", size: 1 } }, "unknown sku.size"],
    ["a required property left out", { ...right, location: undefined }, "missing location"],
    [
      "one left out one level down in a list",
      { ...right, rules: [{}, { properties: {} }] },
      "missing rules[1].properties.port",
    ],
    [
      "one left out of what azure-native lifts",
      { ...right, policySettings: { rules: 1 } },
      "missing policySettings.state",
    ],
    ["a property that Azure sets", { ...right, sku: { name: "Standard_ZRS", tier: "Standard" } }, "read-only sku.tier"],
    ["a value that is not in the enum, open or not", { ...right, sku: { name: "Standard_XYZ" } }, "enum sku.name"],
    ["a kind that is not there", { ...right, policy: { type: "Sometimes" } }, "enum policy"],
    ["a number below its range", { ...right, days: 0 }, "range days"],
    ["a number above its range", { ...right, policy: { type: "Continuous", days: 366 } }, "range policy.days"],
    ["a name that is not like the pattern", { ...right, accountName: "st-headrace" }, "pattern name"],
    ["a name that is too long", { ...right, accountName: "a".repeat(25) }, "length name"],
    ["a list that is too long", { ...right, rules: [{ port: 1 }, { port: 1 }, { port: 1 }] }, "length rules"],
    ["text for a number", { ...right, days: "7" }, "type days"],
    ["a list for an object", { ...right, sku: [] }, "type sku"],
    ["text for a boolean", { ...right, enableHttpsTrafficOnly: "true" }, "type enableHttpsTrafficOnly"],
    ["a number among tags", { ...right, tags: { app: 1 } }, "type tags.app"],
    ["a slip in a name of the path", { ...right, acountName: "slip" }, "unknown acountName"],
    ["a secret", { ...right, password: "secret" }, "secret password"],
  ])("that is wrong fails: %s", async (_, inputs, finding) => {
    expect(await findingsOf(inputs)).toContain(finding);
  });
});

it("a resource whose type nobody published fails", async () => {
  expect(await findingsOf({ vaultName: "kv" }, "azure-native:keyvault:Vault")).toEqual(["unknown "]);
});

it("a type without a row in arm-paths.ts is an error that says so", async () => {
  await expect(findingsOf({}, "azure-native:storage:Table")).rejects.toThrow("infra/plan/arm-paths.ts");
});

it("says which API version azure-native uses, and which was there", async () => {
  const [checked] = await checkTypes([registrationOf("azure-native:storage:StorageAccount", right)], folder);
  expect(checked).toMatchObject({ version: "2024-01-01", against: "2024-01-01" });
});

describe("npm run infra:types", () => {
  const main = (...args: string[]) =>
    spawnSync(process.execPath, ["scripts/with-infra.ts", "infra/types/main.ts", ...args], { encoding: "utf8" });

  it("without a folder ends with 2 and says how to call it", () => {
    const { status, stderr } = main();
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining("usage: npm run infra:types -- DIR"),
    });
  });

  it("of a folder without types, or that is not there, ends with 2", async () => {
    const empty = await mkdtemp(join(tmpdir(), "empty-"));
    expect(main(empty)).toMatchObject({ status: 2, stderr: expect.stringContaining("has no published types") });
    expect(main(join(empty, "gone"))).toMatchObject({ status: 2, stderr: expect.stringContaining("ENOENT") });
    await rm(empty, { recursive: true });
  });
});

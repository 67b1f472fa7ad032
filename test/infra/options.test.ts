import { describe, expect, test } from "vitest";
import type { Registration } from "../../infra/plan/engine/registration.ts";
import { type Run, runProgram } from "../../infra/plan/run-program.ts";
import { readRuns } from "./support/runs.ts";

const release = { version: "1.2.3", sha256: "a".repeat(64) };
function run(config: Readonly<Record<string, unknown>>): Promise<Run> {
  const texts = Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)]);
  return runProgram({ stack: "prod", preview: false, config: Object.fromEntries(texts) as Record<string, string> });
}

describe("a stack with every option", () => {
  const made = readRuns().everything.update;
  const all = (type: string): Registration[] => made.registrations.filter((one) => one.type === `azure-native:${type}`);
  const named = (type: string, part: string): Registration | undefined =>
    all(type).find(({ inputs }) => Object.values(inputs).some((value) => String(value).startsWith(part)));

  test("is made", () => {
    expect(made.logs).toEqual([]);
    expect(made.exitCode).toBe(0);
  });

  test("writes captured envelopes with an identity of its own, into an account that trusts Azure's services alone", () => {
    expect(named("storage:StorageAccount", "stc")?.inputs).toMatchObject({
      publicNetworkAccess: "Disabled",
      allowSharedKeyAccess: false,
      networkRuleSet: { defaultAction: "Deny", bypass: "AzureServices", ipRules: [] },
    });
    const [hub] = all("eventhub:EventHub");
    expect(hub?.inputs.captureDescription).toMatchObject({
      enabled: true,
      destination: {
        identity: { type: "UserAssigned", userAssignedIdentity: expect.stringContaining("id-capture") as string },
      },
    });
    expect(hub?.dependencies).toContainEqual(expect.stringContaining("RoleAssignment::writer"));
  });

  test("expires captures by age, and nothing of the product's", () => {
    const policies = all("storage:ManagementPolicy");
    expect(policies.map(({ inputs }) => inputs.accountName)).toEqual([expect.stringMatching(/^stc/)]);
  });

  test("opens the packages' account to the deployer's address only, for an hour's signatures without keys", () => {
    expect(named("storage:StorageAccount", "stp")?.inputs).toMatchObject({
      publicNetworkAccess: "Enabled",
      allowSharedKeyAccess: false,
      networkRuleSet: { defaultAction: "Deny", bypass: "None", ipRules: [{ iPAddressOrRange: "203.0.113.7" }] },
      sasPolicy: { expirationAction: "Block", sasExpirationPeriod: "00.01:00:00" },
    });
  });

  test("locks all that keeps tenants' data, and what stands on it is there before the locks", () => {
    const locks = all("authorization:ManagementLockByScope");
    expect(locks.map(({ name }) => name).toSorted()).toEqual([
      "captures",
      "cosmos",
      "event-hubs",
      "key-vault",
      "storage",
    ]);
    for (const { dependencies } of locks) {
      for (const type of ["RoleAssignment", "PrivateEndpoint", "DiagnosticSetting"])
        expect(dependencies).toContainEqual(expect.stringContaining(`:${type}::`));
    }
  });

  test("lets only those that are named come to the app by its own endpoint", () => {
    expect(named("network:PrivateEndpoint", "pep-headrace-prod-app")).toBeDefined();
    const rules = named("network:NetworkSecurityGroup", "nsg-endpoints")?.inputs.securityRules as { name: string }[];
    expect(rules).toContainEqual(
      expect.objectContaining({ name: "to-the-app", sourceAddressPrefixes: ["10.9.0.0/24"] }),
    );
    expect(all("privatedns:PrivateZone").map(({ inputs }) => inputs.privateZoneName)).toContain(
      "privatelink.azurewebsites.net",
    );
  });

  test("carries the configuration's tags beside its own", () => {
    for (const { inputs } of all("web:WebApp"))
      expect(inputs.tags).toEqual({ app: "headrace", stack: "prod", "managed-by": "pulumi", team: "ingest" });
  });
});

test("without zones nothing is asked to be in several", async () => {
  const { registrations, exitCode } = await run({ "headrace:zones": false, "headrace:app": {} });
  expect(exitCode).toBe(0);
  const text = JSON.stringify(registrations.map(({ inputs }) => inputs));
  expect(text).not.toMatch(/"(zoneRedundant|isZoneRedundant)":true|_ZRS|"zones":/);
});

test("a configuration that is refused makes nothing, exits non-zero and says why, without a stack", async () => {
  const { registrations, changes, exitCode, logs } = await run({
    "headrace:zones": "maybe",
    "headrace:release": release,
  });
  expect(exitCode).not.toBe(0);
  expect(registrations.filter(({ type }) => type !== "pulumi:pulumi:Stack")).toEqual([]);
  expect(changes.filter(({ urn }) => !urn.includes("pulumi:pulumi:Stack"))).toEqual([]);
  const said = logs.map(({ message }) => message).join("\n");
  expect(said).toContain("headrace:zones: write true or false");
  expect(said).toContain("headrace:release: write `version`, `sha256`, and `url` or `upload`");
  expect(said).not.toMatch(/^\s+at /m);
});

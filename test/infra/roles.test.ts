import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { appRoles, type RoleName, roleIds } from "../../infra/identity/roles.ts";
import { at, ofType, theOne } from "./support/registrations.ts";
import { readRuns } from "./support/runs.ts";

const root = new URL("../../", import.meta.url);

/** What code says that needs a role. */
const needs: Readonly<Record<RoleName, RegExp>> = {
  eventHubsDataSender: /\.sendBatch\(/,
  eventHubsDataReceiver: /app\.eventHub\(|getPartitionProperties\(/,
  storageBlobDataContributor: /"@azure\/storage-blob"/,
  storageQueueDataContributor: /"@azure\/storage-queue"|app\.storageQueue\(/,
  storageTableDataContributor: /(?!)/,
  keyVaultSecretsOfficer: /"@azure\/keyvault-secrets"/,
  monitoringMetricsPublisher: /(?!)/,
};

describe("every role of the app is used by the code that it names, or by the host", () => {
  test.each(appRoles.map((row) => ({ ...row, title: `${row.role} on ${row.scope}` })))(
    "$title",
    async ({ role, usedBy }) => {
      expect(usedBy.length).toBeGreaterThan(0);
      for (const file of usedBy.filter((user) => user !== "host"))
        expect(await readFile(new URL(file, root), "utf8"), file).toMatch(needs[role]);
    },
  );
});

test("every built-in role that the program names is given to someone, by an id of its own", () => {
  const given = new Set(appRoles.map(({ role }) => role));
  expect(Object.keys(roleIds).toSorted()).toEqual([...given].toSorted());
  expect(new Set(Object.values(roleIds)).size).toBe(Object.keys(roleIds).length);
});

const { dev, prod, everything } = readRuns();

describe.each([
  ["dev", dev.update],
  ["prod", prod.update],
  ["prod with every option", everything.update],
] as const)("in %s", (_, { registrations }) => {
  const assignments = ofType(registrations, "authorization:RoleAssignment");
  const withRole = (role: string) => assignments.filter((one) => String(at(one, "roleDefinitionId")).endsWith(role));
  const app = at(theOne(registrations, "cosmosdb:SqlResourceSqlRoleAssignment"), "principalId");

  test("nobody but the app's identity sends to the hub: what others send could hold a partition for ever", () => {
    expect(withRole(roleIds.eventHubsDataSender).map((one) => at(one, "principalId"))).toEqual([app]);
    const owner = "f526a384-b230-433a-b45c-95f59c4a2dec";
    expect(withRole(owner)).toEqual([]);
    expect(at(theOne(registrations, "eventhub:Namespace"), "disableLocalAuth")).toBe(true);
    for (const type of ["NamespaceAuthorizationRule", "EventHubAuthorizationRule"])
      expect(ofType(registrations, `eventhub:${type}`)).toEqual([]);
  });

  test("the host may make and read its keys, in the account that it keeps its locks in", () => {
    const settings = at(theOne(registrations, "web:WebApp"), "siteConfig.appSettings") as {
      readonly name: string;
      readonly value: string;
    }[];
    const blobs = settings.find(({ name }) => name === "AzureWebJobsStorage__blobServiceUri")?.value ?? "";
    const account = /^https:\/\/([a-z0-9]+)\./.exec(blobs)?.[1] ?? "";
    const given = withRole(roleIds.storageBlobDataContributor).filter((one) => at(one, "principalId") === app);
    expect(given.map((one) => String(at(one, "scope")).split("/").at(-1))).toContain(account);
    expect(settings.map(({ name }) => name)).not.toContain("AzureWebJobsSecretStorageType");
  });
});

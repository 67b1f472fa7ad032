import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { appRoles, type RoleName, roleIds } from "../../infra/identity/roles.ts";

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

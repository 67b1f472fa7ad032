import { CosmosClient, PartitionKeyDefinitionVersion, PartitionKeyKind } from "@azure/cosmos";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { createCosmosIdentityDocuments } from "../../shared/access/documents/cosmos-identity-documents.ts";
import { createCosmosIdentityStore } from "../../shared/access/keys/cosmos-identity-store.ts";
import { createCosmosRevocationStore } from "../../shared/access/revocations/cosmos-revocation-store.ts";
import { createCosmosColumnStore } from "../../shared/event/cosmos-column-store.ts";
import { createCosmosEventStore } from "../../shared/event/cosmos-event-store.ts";
import { createCosmosJobStore } from "../../shared/jobs/cosmos-job-store.ts";
import { createCosmosLedgerStore } from "../../shared/ledger/cosmos-ledger-store.ts";
import { createCosmosTimerRuns } from "../../shared/operator/cosmos-timer-runs.ts";
import { createCosmosVersionUse } from "../../shared/operator/cosmos-version-use.ts";
import { createCosmosOrgStateStore } from "../../shared/org/cosmos-org-state-store.ts";
import { createCosmosQuarantineStore } from "../../shared/quarantine/cosmos-quarantine-store.ts";
import { createCosmosRegistryStore } from "../../shared/schema/registry/cosmos-registry-store.ts";
import { databaseName } from "../../shared/store/containers.ts";
import { type Containers, connectCosmos } from "../../shared/store/cosmos.ts";
import { createCosmosNewerFormats } from "../../shared/store/cosmos-newer-formats.ts";
import { describeColumnStore } from "../contracts/column-store.ts";
import { describeEventStore } from "../contracts/event-store.ts";
import { describeIdentityDocuments } from "../contracts/identity-documents.ts";
import { describeIdentityStore } from "../contracts/identity-store.ts";
import { describeJobStore } from "../contracts/job-store.ts";
import { describeLedgerStore } from "../contracts/ledger-store.ts";
import { newOrg } from "../contracts/new-org.ts";
import { describeNewerFormats } from "../contracts/newer-formats.ts";
import { describeOrgStateStore } from "../contracts/org-state-store.ts";
import { describeQuarantineStore } from "../contracts/quarantine-store.ts";
import { describeRegistryStore } from "../contracts/registry-store.ts";
import { describeRevocationStore } from "../contracts/revocation-store.ts";
import { describeTimerRuns } from "../contracts/timer-runs.ts";
import { describeVersionUse } from "../contracts/version-use.ts";
import { startRefusing } from "../support/failing-service.ts";
import { createOlderLedger } from "../support/older-ledger.ts";
import { config, cosmos, documents } from "../support/product.ts";

const { containers } = cosmos;

/** The containers of an account that is out of service. */
async function connectAway(): Promise<Containers> {
  const endpoint = `http://${await startRefusing(503, "ServiceUnavailable")}`;
  const away = connectCosmos({ endpoint, key: "AAAA" }, () => {
    throw new Error("it has a key");
  });
  onTestFinished(() => away.close());
  return away.containers;
}

describeIdentityDocuments("Cosmos DB", () => createCosmosIdentityDocuments(containers.identity));
describeEventStore("Cosmos DB", () => createCosmosEventStore(containers.events));
describeColumnStore("Cosmos DB", {
  open: async () => ({
    columns: createCosmosColumnStore(containers.events),
    events: createCosmosEventStore(containers.events),
  }),
  openAway: async () => createCosmosColumnStore((await connectAway()).events),
});
describeIdentityStore("Cosmos DB", {
  open: async () => ({ store: createCosmosIdentityStore(containers.identity), documents }),
  openAway: async () => createCosmosIdentityStore((await connectAway()).identity),
});
describeOrgStateStore("Cosmos DB", {
  open: async () => ({ store: createCosmosOrgStateStore(containers.identity), documents }),
  openAway: async () => createCosmosOrgStateStore((await connectAway()).identity),
});
describeQuarantineStore("Cosmos DB", {
  open: async () => createCosmosQuarantineStore(containers.quarantine),
  openAway: async () => createCosmosQuarantineStore((await connectAway()).quarantine),
});
describeRegistryStore("Cosmos DB", {
  open: async () => createCosmosRegistryStore(containers.registry),
  openAway: async () => createCosmosRegistryStore((await connectAway()).registry),
});
describeJobStore("Cosmos DB", {
  open: async () => createCosmosJobStore(containers.jobs),
  openAway: async () => createCosmosJobStore((await connectAway()).jobs),
});
describeRevocationStore("Cosmos DB", {
  open: async () => createCosmosRevocationStore(containers.control),
  openAway: async () => createCosmosRevocationStore((await connectAway()).control),
});

test("a revocation from long before a mark is not read again", async () => {
  const revocations = createCosmosRevocationStore(containers.control);
  await revocations.addCutOff({ key: newOrg(), before: 0, expiresAt: Date.now() + 60_000 });
  const { mark } = await revocations.readChanges(undefined);
  expect((await revocations.readChanges(mark + 3_600)).changes).toEqual([]);
});

test("a revocation that a replica shows minutes late is still found", async () => {
  const revocations = createCosmosRevocationStore(containers.control);
  const key = newOrg();
  await revocations.addCutOff({ key, before: 0, expiresAt: Date.now() + 60_000 });
  const { mark } = await revocations.readChanges(undefined);
  const { changes } = await revocations.readChanges(mark + 240);
  expect(changes).toContainEqual(expect.objectContaining({ key }));
});

// Containers of their own: the running product merges the entries of its ledger, and its timers run.
const client = new CosmosClient({ endpoint: config.cosmos.endpoint, key: config.cosmos.key ?? "" });
const [ledgerId, controlId] = [newOrg(), newOrg()];
beforeAll(async () => {
  const create = (id: string, ...paths: string[]) => {
    const kind = paths.length > 1 ? PartitionKeyKind.MultiHash : PartitionKeyKind.Hash;
    const partitionKey = { paths, kind, version: PartitionKeyDefinitionVersion.V2 };
    return client.database(databaseName).containers.create({ id, partitionKey });
  };
  await Promise.all([create(ledgerId, "/org_id", "/slot"), create(controlId, "/id")]);
});
describeLedgerStore("Cosmos DB", () => {
  const container = client.database(databaseName).container(ledgerId);
  return { ...createCosmosLedgerStore(container), ...createOlderLedger(container) };
});
describeNewerFormats("Cosmos DB", {
  open: async () => createCosmosNewerFormats(cosmos.containers.control),
  openAway: async () => createCosmosNewerFormats((await connectAway()).control),
});
describeVersionUse("Cosmos DB", {
  open: async () => createCosmosVersionUse(cosmos.containers.control),
  openAway: async () => createCosmosVersionUse((await connectAway()).control),
});
describeTimerRuns("Cosmos DB", {
  openEmpty: async () => createCosmosTimerRuns(client.database(databaseName).container(controlId)),
  openAway: async () => createCosmosTimerRuns((await connectAway()).control),
});

import { randomBytes } from "node:crypto";
import { CosmosClient, PartitionKeyDefinitionVersion, PartitionKeyKind } from "@azure/cosmos";
import { beforeAll } from "vitest";
import { createCosmosIdentityDocuments } from "../../shared/access/documents/cosmos-identity-documents.ts";
import { createCosmosEventStore } from "../../shared/event/cosmos-event-store.ts";
import { createCosmosLedgerStore } from "../../shared/ledger/cosmos-ledger-store.ts";
import { databaseName } from "../../shared/store/containers.ts";
import { describeEventStore } from "../contracts/event-store.ts";
import { describeIdentityDocuments } from "../contracts/identity-documents.ts";
import { describeLedgerStore } from "../contracts/ledger-store.ts";
import { config, cosmos } from "../support/product.ts";

const newOrg = (): string => `test-${randomBytes(6).toString("hex")}`;

describeIdentityDocuments("Cosmos DB", () => ({
  documents: createCosmosIdentityDocuments(cosmos.containers.identity),
  newOrg,
}));
describeEventStore("Cosmos DB", () => ({ store: createCosmosEventStore(cosmos.containers.events), newOrg }));

// A ledger of its own: the running product merges the entries of the other.
const client = new CosmosClient({ endpoint: config.cosmos.endpoint, key: config.cosmos.key ?? "" });
const id = newOrg();
beforeAll(async () => {
  const paths = ["/org_id", "/slot"];
  const partitionKey = { paths, kind: PartitionKeyKind.MultiHash, version: PartitionKeyDefinitionVersion.V2 };
  await client.database(databaseName).containers.create({ id, partitionKey });
});
describeLedgerStore("Cosmos DB", () => ({
  store: createCosmosLedgerStore(client.database(databaseName).container(id)),
  newOrg,
}));

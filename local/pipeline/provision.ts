import {
  type ContainerRequest,
  CosmosClient,
  type Database,
  type IndexingPolicy,
  PartitionKeyDefinitionVersion,
  PartitionKeyKind,
} from "@azure/cosmos";
import { BlobServiceClient } from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";
import { CLAIM_CONTAINER } from "../../shared/envelope/blob-claim-store.ts";
import { WORK_QUEUE } from "../../shared/pipeline/work-queue.ts";
import { type ContainerDefinition, containers, databaseName } from "../../shared/store/containers.ts";

/** Creates the queues and the blob container that the product expects to find. Existing ones are kept. */
export async function provisionStorage(connectionString: string): Promise<void> {
  const queues = QueueServiceClient.fromConnectionString(connectionString);
  const blobs = BlobServiceClient.fromConnectionString(connectionString);
  await Promise.all([
    queues.getQueueClient(WORK_QUEUE).createIfNotExists(),
    queues.getQueueClient(`${WORK_QUEUE}-poison`).createIfNotExists(),
    blobs.getContainerClient(CLAIM_CONTAINER).createIfNotExists(),
  ]);
}

/** Creates the product's database and containers. Existing ones are kept as they are. */
export async function provisionCosmos(endpoint: string, key: string): Promise<void> {
  const client = new CosmosClient({ endpoint, key, connectionPolicy: { enableEndpointDiscovery: false } });
  try {
    const { database } = await client.databases.createIfNotExists({ id: databaseName });
    const definitions: readonly ContainerDefinition[] = Object.values(containers);
    await Promise.all(definitions.map((definition) => createContainer(database, toRequest(definition))));
  } finally {
    client.dispose();
  }
}

/** Emulators answer a container's creation with a passing 5xx (ours when several are made within a few milliseconds). */
async function createContainer(database: Database, request: ContainerRequest): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await database.containers.createIfNotExists(request);
      return;
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (typeof code !== "number" || code < 500 || tries === 10) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * tries * Math.random()));
    }
  }
}

function toRequest(definition: ContainerDefinition): ContainerRequest {
  const hierarchical = definition.partitionKey.length > 1;
  return {
    id: definition.id,
    partitionKey: {
      paths: [...definition.partitionKey],
      kind: hierarchical ? PartitionKeyKind.MultiHash : PartitionKeyKind.Hash,
      version: PartitionKeyDefinitionVersion.V2,
    },
    indexingPolicy: toIndexingPolicy(definition),
    ...(definition.defaultTtl === undefined ? {} : { defaultTtl: definition.defaultTtl }),
  };
}

function toIndexingPolicy(definition: ContainerDefinition): IndexingPolicy {
  return {
    indexingMode: "consistent",
    automatic: true,
    includedPaths: definition.indexedPaths.map((path) => ({ path })),
    excludedPaths: [{ path: "/*" }],
    compositeIndexes: definition.compositeIndexes.map((index) => index.map((column) => ({ ...column }))),
  };
}

import {
  type ContainerRequest,
  CosmosClient,
  type IndexingPolicy,
  PartitionKeyDefinitionVersion,
  PartitionKeyKind,
} from "@azure/cosmos";
import { QueueServiceClient } from "@azure/storage-queue";
import { type ContainerDefinition, containers, databaseName } from "../../shared/store/containers.ts";

export const queueNames = ["work", "work-poison"] as const;

/** Creates the queues that the product expects to find, as the Pulumi program does in Azure. Existing ones are kept. */
export async function provisionQueues(connectionString: string): Promise<void> {
  const service = QueueServiceClient.fromConnectionString(connectionString);
  await Promise.all(queueNames.map((name) => service.getQueueClient(name).createIfNotExists()));
}

/** Creates the product's database and containers. Existing ones are kept as they are. */
export async function provisionCosmos(endpoint: string, key: string): Promise<void> {
  const client = new CosmosClient({ endpoint, key, connectionPolicy: { enableEndpointDiscovery: false } });
  try {
    const { database } = await client.databases.createIfNotExists({ id: databaseName });
    const definitions: readonly ContainerDefinition[] = Object.values(containers);
    await Promise.all(definitions.map((definition) => database.containers.createIfNotExists(toRequest(definition))));
  } finally {
    client.dispose();
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

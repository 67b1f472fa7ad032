import { isDeepStrictEqual } from "node:util";
import {
  type ContainerDefinition as ContainerResource,
  CosmosClient,
  type Database,
  type IndexingPolicy,
  PartitionKeyDefinitionVersion,
  PartitionKeyKind,
} from "@azure/cosmos";
import type { TokenCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import { BlobServiceClient } from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";
import { MANAGEMENT_RESOURCE } from "@headrace/emulators/cosmos/authenticate.ts";
import { CLAIM_CONTAINER } from "../../shared/envelope/blob-claim-store.ts";
import { WORK_QUEUE } from "../../shared/pipeline/work-queue.ts";
import { LEASE_CONTAINER } from "../../shared/secrets/blob-lease.ts";
import { type ContainerDefinition, containers, databaseName } from "../../shared/store/containers.ts";
import { account } from "./azurite/account.ts";
import type { Backends } from "./backends.ts";

/** Creates the queues and the blob container that the product expects to find. Existing ones are kept. */
export async function provisionStorage(storage: Backends["storage"], credential: TokenCredential): Promise<void> {
  const { connectionString, queueEndpoint, blobEndpoint } = storage;
  const queues = connectionString
    ? QueueServiceClient.fromConnectionString(connectionString)
    : new QueueServiceClient(`${queueEndpoint}/${account}`, credential);
  const blobs = connectionString
    ? BlobServiceClient.fromConnectionString(connectionString)
    : new BlobServiceClient(`${blobEndpoint}/${account}`, credential);
  await Promise.all([
    queues.getQueueClient(WORK_QUEUE).createIfNotExists(),
    queues.getQueueClient(`${WORK_QUEUE}-poison`).createIfNotExists(),
    blobs.getContainerClient(CLAIM_CONTAINER).createIfNotExists(),
    blobs.getContainerClient(LEASE_CONTAINER).createIfNotExists(),
  ]);
}

/** Makes the newest version of a secret have this value. */
export async function provisionSecret(
  url: string,
  credential: TokenCredential,
  name: string,
  value: string,
): Promise<void> {
  const secrets = new SecretClient(url, credential, { disableChallengeResourceVerification: true });
  const there = await secrets.getSecret(name).catch((error: unknown) => {
    if ((error as { statusCode?: unknown }).statusCode === 404) return undefined;
    throw error;
  });
  if (there?.value !== value) await secrets.setSecret(name, value);
}

/**
 * Creates the product's database and containers. Existing ones keep their documents and get the indexes that this
 * version's queries need.
 */
export async function provisionCosmos(
  { endpoint, key }: Backends["cosmos"],
  credential: TokenCredential,
): Promise<void> {
  // As who deploys: the app's identity may not make containers.
  const deployer = { getToken: () => credential.getToken(`${MANAGEMENT_RESOURCE}/.default`) };
  const client = new CosmosClient({
    endpoint,
    ...(key === undefined ? { aadCredentials: deployer } : { key }),
    connectionPolicy: { enableEndpointDiscovery: false },
  });
  try {
    const { database } = await client.databases.createIfNotExists({ id: databaseName });
    const definitions: readonly ContainerDefinition[] = Object.values(containers);
    await Promise.all(definitions.map((definition) => provisionContainer(database, definition)));
  } finally {
    client.dispose();
  }
}

async function provisionContainer(database: Database, definition: ContainerDefinition): Promise<void> {
  const wanted = toResource(definition);
  const { container, resource } = await database.containers.createIfNotExists(wanted);
  // ORDER BY is refused without its composite index, so a state folder of an earlier version is brought up to date.
  if (!isDeepStrictEqual(resource?.indexingPolicy, wanted.indexingPolicy)) await container.replace(wanted);
}

function toResource(definition: ContainerDefinition): ContainerResource {
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

import { isDeepStrictEqual } from "node:util";
import { CosmosClient, type Database, PartitionKeyKind } from "@azure/cosmos";
import type { TokenCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import { BlobServiceClient } from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";
import { MANAGEMENT_RESOURCE } from "@headrace/emulators/cosmos/authenticate.ts";
import { toContainerResource } from "../../shared/store/container-resource.ts";
import { type ContainerDefinition, containers, databaseName } from "../../shared/store/containers.ts";
import { blobContainers, queues } from "../../shared/store/resources.ts";
import { account } from "./azurite/account.ts";
import type { Backends } from "./backends.ts";

/** Creates the queues and the blob containers that the product expects to find. Existing ones are kept. */
export async function provisionStorage(storage: Backends["storage"], credential: TokenCredential): Promise<void> {
  const { connectionString, queueEndpoint, blobEndpoint } = storage;
  const queueService = connectionString
    ? QueueServiceClient.fromConnectionString(connectionString)
    : new QueueServiceClient(`${queueEndpoint}/${account}`, credential);
  const blobService = connectionString
    ? BlobServiceClient.fromConnectionString(connectionString)
    : new BlobServiceClient(`${blobEndpoint}/${account}`, credential);
  await Promise.all([
    ...Object.values(queues).map((name) => queueService.getQueueClient(name).createIfNotExists()),
    ...Object.values(blobContainers).map((name) => blobService.getContainerClient(name).createIfNotExists()),
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
 * Creates the product's database and containers. Existing ones keep their documents and get the indexes and the time to
 * live that this version needs.
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
  const wanted = toContainerResource(definition);
  const { paths, kind, version } = wanted.partitionKey;
  const body = { ...wanted, partitionKey: { paths, kind: PartitionKeyKind[kind], version } };
  const { container, resource } = await database.containers.createIfNotExists(body);
  // ORDER BY is refused without its composite index, and readiness names what differs. So a state folder of an earlier
  // version is brought up to date.
  const isSame =
    isDeepStrictEqual(resource?.indexingPolicy, wanted.indexingPolicy) && resource?.defaultTtl === wanted.defaultTtl;
  if (!isSame) await container.replace(body);
}

import { type CheckpointStore, EventHubConsumerClient, RetryMode } from "@azure/event-hubs";
import { ManagedIdentityCredential } from "@azure/identity";
import { BlobServiceClient } from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";
import { getSetting } from "./app-settings.ts";
import { HostError } from "./host-error.ts";

/** A connection string, or a section of settings `<name>__…` for a managed identity. */
type Connection = { readonly text: string } | { readonly section: (key: string) => string | undefined };

/** `AzureWebJobs<name>` is looked for before `<name>`, as azure-webjobs-sdk's `GetWebJobsConnectionSection` does. */
function resolveConnection(name: string, keys: readonly string[]): Connection {
  for (const candidate of [`AzureWebJobs${name}`, name, `ConnectionStrings__${name}`]) {
    const text = getSetting(candidate);
    if (text) return { text };
    const section = (key: string): string | undefined => getSetting(`${candidate}__${key}`);
    if (keys.some((key) => section(key) !== undefined)) return { section };
  }
  const wanted = keys.map((key) => `${name}__${key}`).join(" or ");
  throw new HostError(`The connection '${name}' is not set: give ${name} a connection string, or set ${wanted}.`);
}

function createCredential(section: (key: string) => string | undefined): ManagedIdentityCredential {
  const clientId = section("clientId");
  return clientId ? new ManagedIdentityCredential({ clientId }) : new ManagedIdentityCredential();
}

function serviceUri(section: (key: string) => string | undefined, service: "blob" | "queue"): string {
  const uri = section(`${service}ServiceUri`) ?? section("serviceUri");
  return uri ?? `https://${section("accountName")}.${service}.core.windows.net`;
}

/** @throws HostError when the connection is not set */
export function createBlobService(connection: string): BlobServiceClient {
  const found = resolveConnection(connection, ["blobServiceUri", "serviceUri", "accountName"]);
  if ("text" in found) return BlobServiceClient.fromConnectionString(found.text);
  return new BlobServiceClient(serviceUri(found.section, "blob"), createCredential(found.section));
}

/** @throws HostError when the connection is not set */
export function createQueueService(connection: string): QueueServiceClient {
  const found = resolveConnection(connection, ["queueServiceUri", "serviceUri", "accountName"]);
  if ("text" in found) return QueueServiceClient.fromConnectionString(found.text);
  return new QueueServiceClient(serviceUri(found.section, "queue"), createCredential(found.section));
}

/** The SDK would wait 30 s before its first retry, and 10 s before it reopens a receiver that was closed by a fault. */
const CLIENT_OPTIONS = {
  retryOptions: {
    mode: RetryMode.Exponential,
    maxRetries: 3,
    retryDelayInMs: 100,
    maxRetryDelayInMs: 1000,
    timeoutInMs: 20_000,
  },
  loadBalancingOptions: { updateIntervalInMs: 500 },
};

/** A hub named in the connection string (`EntityPath`) wins over the binding's. */
function hubIn(connectionString: string): string | undefined {
  return /(?:^|;)\s*EntityPath\s*=\s*([^;]+)/i.exec(connectionString)?.[1]?.trim();
}

/** @throws HostError when the connection is not set */
export function createEventHubClient(
  connection: string,
  hub: string,
  consumerGroup: string,
  store: CheckpointStore,
  ownerId: string,
): EventHubConsumerClient {
  const found = resolveConnection(connection, ["fullyQualifiedNamespace"]);
  const options = { ...CLIENT_OPTIONS, identifier: ownerId };
  if ("text" in found) {
    return hubIn(found.text)
      ? new EventHubConsumerClient(consumerGroup, found.text, store, options)
      : new EventHubConsumerClient(consumerGroup, found.text, hub, store, options);
  }
  const namespace = found.section("fullyQualifiedNamespace") ?? "";
  return new EventHubConsumerClient(consumerGroup, namespace, hub, createCredential(found.section), store, options);
}

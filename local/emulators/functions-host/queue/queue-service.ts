import { QueueServiceClient } from "@azure/storage-queue";
import { createCredential, resolveConnection, serviceUri } from "../connections.ts";

/**
 * Tries of a request, as azure-sdk-for-net has them (`StorageClientOptions.cs`). This SDK waits 0, 1, 3, 7 and 15 times
 * the first pause between them.
 */
const MAX_TRIES = 6;

/** @throws HostError when the connection is not set */
export function createQueueService(connection: string, retryDelayInMs: number): QueueServiceClient {
  const found = resolveConnection(connection, ["queueServiceUri", "serviceUri", "accountName"]);
  const options = { retryOptions: { maxTries: MAX_TRIES, retryDelayInMs } };
  if ("text" in found) return QueueServiceClient.fromConnectionString(found.text, options);
  return new QueueServiceClient(serviceUri(found.section, "queue"), createCredential(found.section), options);
}

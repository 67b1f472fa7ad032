import { QueueServiceClient } from "@azure/storage-queue";
import { createCredential, resolveConnection, serviceUri } from "../connections.ts";

/** @throws HostError when the connection is not set */
export function createQueueService(connection: string): QueueServiceClient {
  const found = resolveConnection(connection, ["queueServiceUri", "serviceUri", "accountName"]);
  if ("text" in found) return QueueServiceClient.fromConnectionString(found.text);
  return new QueueServiceClient(serviceUri(found.section, "queue"), createCredential(found.section));
}

import { BlobServiceClient } from "@azure/storage-blob";
import { createCredential, resolveConnection, serviceUri } from "./connections.ts";

/** @throws HostError when the connection is not set */
export function createBlobService(connection: string): BlobServiceClient {
  const found = resolveConnection(connection, ["blobServiceUri", "serviceUri", "accountName"]);
  if ("text" in found) return BlobServiceClient.fromConnectionString(found.text);
  return new BlobServiceClient(serviceUri(found.section, "blob"), createCredential(found.section));
}

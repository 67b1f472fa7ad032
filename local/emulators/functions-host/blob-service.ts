import { BlobServiceClient, type StoragePipelineOptions } from "@azure/storage-blob";
import { createCredential, resolveConnection, serviceUri } from "./connections.ts";

/** @throws HostError when the connection is not set */
export function createBlobService(connection: string, options?: StoragePipelineOptions): BlobServiceClient {
  const found = resolveConnection(connection, ["blobServiceUri", "serviceUri", "accountName"]);
  if ("text" in found) return BlobServiceClient.fromConnectionString(found.text, options);
  return new BlobServiceClient(serviceUri(found.section, "blob"), createCredential(found.section), options);
}

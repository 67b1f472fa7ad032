import type { TokenCredential } from "@azure/identity";
import { BlobServiceClient, type ContainerClient, RestError } from "@azure/storage-blob";
import type { Connection } from "../config.ts";
import type { ClaimStore } from "./claim-store.ts";

/** The blob container of claim checks, and of quarantined events that no document can hold. */
export const CLAIM_CONTAINER = "claims";

export function createBlobClaimStore(connection: Connection, credential: () => TokenCredential): ClaimStore {
  const options = {
    retryOptions: { maxTries: 3, tryTimeoutInMs: 10_000, retryDelayInMs: 200, maxRetryDelayInMs: 2_000 },
  };
  const service =
    "connectionString" in connection
      ? BlobServiceClient.fromConnectionString(connection.connectionString, options)
      : new BlobServiceClient(connection.host, credential(), options);
  const container: ContainerClient = service.getContainerClient(CLAIM_CONTAINER);
  return {
    put: async (name, bytes) => {
      await container.getBlockBlobClient(name).uploadData(bytes);
    },
    get: async (name) => {
      try {
        return await container.getBlockBlobClient(name).downloadToBuffer();
      } catch (error) {
        // A missing container is an outage, and no word about the blob.
        if (error instanceof RestError && error.code === "BlobNotFound") return undefined;
        if (
          error instanceof RestError &&
          error.statusCode === 404 &&
          error.code === undefined &&
          (await container.exists())
        )
          return undefined;
        throw error;
      }
    },
    delete: async (name) => {
      await container.getBlockBlobClient(name).deleteIfExists();
    },
    check: async (abortSignal) => {
      await container.getProperties({ abortSignal });
    },
  };
}

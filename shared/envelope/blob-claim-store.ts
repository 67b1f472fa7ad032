import type { TokenCredential } from "@azure/identity";
import type { Connection } from "../config.ts";
import { once } from "../once.ts";
import type { ClaimStore } from "./claim-store.ts";

/** The blob container of claim checks, and of quarantined events that no document can hold. */
export const CLAIM_CONTAINER = "claims";

/** The SDK is loaded when a blob is needed for the first time: most instances never need one, and their start is shorter. */
export function createBlobClaimStore(connection: Connection, credential: () => TokenCredential): ClaimStore {
  const options = {
    retryOptions: { maxTries: 3, tryTimeoutInMs: 10_000, retryDelayInMs: 200, maxRetryDelayInMs: 2_000 },
  };
  const open = once(async () => {
    const { BlobServiceClient, RestError } = await import("@azure/storage-blob");
    const service =
      "connectionString" in connection
        ? BlobServiceClient.fromConnectionString(connection.connectionString, options)
        : new BlobServiceClient(connection.host, credential(), options);
    return { container: service.getContainerClient(CLAIM_CONTAINER), RestError };
  });
  return {
    put: async (name, bytes) => {
      const { container } = await open();
      await container.getBlockBlobClient(name).uploadData(bytes);
    },
    get: async (name) => {
      const { container, RestError } = await open();
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
      const { container } = await open();
      await container.getBlockBlobClient(name).deleteIfExists();
    },
    check: async (abortSignal) => {
      const { container } = await open();
      await container.getProperties({ abortSignal });
    },
  };
}

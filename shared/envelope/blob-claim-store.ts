import type { TokenCredential } from "@azure/identity";
import { BlobServiceClient, type ContainerClient, RestError } from "@azure/storage-blob";
import type { Connection } from "../config.ts";
import { withDeadline } from "../deadline.ts";
import type { ClaimStore } from "./claim-store.ts";

/** The blob container of claim checks, and of quarantined events that no document can hold. */
export const CLAIM_CONTAINER = "claims";

/** An operation is waited for this long, retries included: `tryTimeoutInMs` only tells the server, and one that hangs does not hear it. */
const DEADLINE_MS = 20_000;
const inTime = <T>(work: (abortSignal: AbortSignal) => Promise<T>): Promise<T> => withDeadline(DEADLINE_MS, work);

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
      await inTime((abortSignal) => container.getBlockBlobClient(name).uploadData(bytes, { abortSignal }));
    },
    get: async (name) => {
      try {
        const blob = container.getBlockBlobClient(name);
        return await inTime((abortSignal) => blob.downloadToBuffer(0, undefined, { abortSignal }));
      } catch (error) {
        // A missing container is an outage, and no word about the blob.
        if (error instanceof RestError && error.code === "BlobNotFound") return undefined;
        if (
          error instanceof RestError &&
          error.statusCode === 404 &&
          error.code === undefined &&
          (await inTime((abortSignal) => container.exists({ abortSignal })))
        )
          return undefined;
        throw error;
      }
    },
    delete: async (name) => {
      await inTime((abortSignal) => container.getBlockBlobClient(name).deleteIfExists({ abortSignal }));
    },
    check: async (abortSignal) => {
      await container.getProperties({ abortSignal });
    },
  };
}

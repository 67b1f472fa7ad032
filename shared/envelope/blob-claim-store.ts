import type { TokenCredential } from "@azure/identity";
import type { Connection } from "../config.ts";
import { withDeadline } from "../runtime/deadline.ts";
import { once } from "../runtime/once.ts";
import { reached } from "../runtime/reached.ts";
import { blobContainers } from "../store/resources.ts";
import type { ClaimStore } from "./claim-store.ts";

/**
 * How long an operation is waited for, retries included. `tryTimeoutInMs` only tells the server, and a server that
 * hangs ignores it.
 */
const DEADLINE_MS = 20_000;
const inTime = <T>(work: (abortSignal: AbortSignal) => Promise<T>): Promise<T> => withDeadline(DEADLINE_MS, work);

/**
 * The SDK is loaded when a blob is needed for the first time: most instances never need one, and their start is
 * shorter.
 */
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
    return { container: service.getContainerClient(blobContainers.claims), RestError };
  });
  return {
    put: async (name, bytes) => {
      const { container } = await open();
      await inTime((abortSignal) => container.getBlockBlobClient(name).uploadData(bytes, { abortSignal }));
    },
    get: async (name) => {
      const { container, RestError } = await open();
      try {
        const blob = container.getBlockBlobClient(name);
        return await inTime((abortSignal) => blob.downloadToBuffer(0, undefined, { abortSignal }));
      } catch (error) {
        // A missing container is an outage. It says nothing about the blob.
        if (error instanceof RestError && error.code === "BlobNotFound") return undefined;
        if (
          error instanceof RestError &&
          error.statusCode === 404 &&
          error.code === undefined &&
          (await inTime((abortSignal) => container.exists({ abortSignal })))
        )
          return undefined;
        reached("claim-blob-away");
        throw error;
      }
    },
    delete: async (name) => {
      const { container } = await open();
      await inTime((abortSignal) => container.getBlockBlobClient(name).deleteIfExists({ abortSignal }));
    },
    check: async (abortSignal) => {
      const { container } = await open();
      await container.getProperties({ abortSignal });
    },
  };
}

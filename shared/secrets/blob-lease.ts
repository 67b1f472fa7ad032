import type { TokenCredential } from "@azure/identity";
import type { Connection } from "../config.ts";
import { withDeadline } from "../runtime/deadline.ts";
import { once } from "../runtime/once.ts";
import { reached } from "../runtime/reached.ts";
import { blobContainers } from "../store/resources.ts";
import type { WithLease } from "./lease.ts";

/**
 * A lease that is not given back, because its holder was killed, ends after this. Until then an operator's rotation
 * waits. Azure takes 15 to 60.
 */
const LEASE_SECONDS = 30;
/** The work is told to end before that, by as long as a call may take, so that it never runs beside its successor's. */
const WORK_MS = 20_000;
/** The SDK does not bound a try by itself: where storage hangs, a caller would wait for a lease for ever. */
const ACQUIRE_MS = 10_000;

export function createBlobLease(connection: Connection, credential: () => TokenCredential): WithLease {
  const open = once(async () => {
    // Loaded when a lease is needed. Few instances ever need one, and the others start faster.
    const { BlobServiceClient } = await import("@azure/storage-blob");
    const service =
      "connectionString" in connection
        ? BlobServiceClient.fromConnectionString(connection.connectionString)
        : new BlobServiceClient(connection.host, credential());
    return service.getContainerClient(blobContainers.leases);
  });
  return async (name, work) => {
    const blob = (await open()).getBlockBlobClient(name);
    const lease = blob.getBlobLeaseClient();
    const taken = await withDeadline(ACQUIRE_MS, async (abortSignal) => {
      const acquired = await acquire(abortSignal);
      if (acquired !== "no blob") return acquired;
      await createBlob(abortSignal);
      return acquire(abortSignal);
    });
    if (taken !== "acquired") return undefined;
    try {
      return await work(AbortSignal.timeout(WORK_MS));
    } finally {
      // It ends by itself as well.
      await withDeadline(ACQUIRE_MS, (abortSignal) => lease.releaseLease({ abortSignal })).catch(() => undefined);
    }

    async function acquire(abortSignal: AbortSignal): Promise<"acquired" | "busy" | "no blob"> {
      try {
        await lease.acquireLease(LEASE_SECONDS, { abortSignal });
        return "acquired";
      } catch (error) {
        return whyNot(error);
      }
    }

    async function createBlob(abortSignal: AbortSignal): Promise<void> {
      try {
        await blob.upload("", 0, { conditions: { ifNoneMatch: "*" }, abortSignal });
      } catch (error) {
        if (!isCode(error, "BlobAlreadyExists") && !isCode(error, "LeaseIdMissing")) throw error;
      }
    }
  };
}

/** Why a lease could not be had. Throws what says nothing of it. */
function whyNot(error: unknown): "busy" | "no blob" {
  if (isCode(error, "LeaseAlreadyPresent")) {
    reached("lease-busy");
    return "busy";
  }
  if (!isCode(error, "BlobNotFound")) throw error;
  reached("lease-without-blob");
  return "no blob";
}

function isCode(error: unknown, code: string): boolean {
  return (error as { code?: unknown }).code === code;
}

import { type Container, ErrorResponse, type PartitionKey } from "@azure/cosmos";
import { reading } from "./cosmos.ts";

/** An id that no document has. */
const NOBODY = "_nobody";

/**
 * Brings what this client sees of a partition up to now: what any instance had written before this call, every later
 * read of the client sees. Session consistency alone says this only of the client's own writes and reads.
 *
 * It deletes a document that does not exist. Writes go to the primary replica, which has everything, and the SDK takes
 * the session token also from a 404 (`ClientContext.captureSessionToken`). Throws AppError `store_unavailable`.
 */
export function catchUp(container: Container, key: PartitionKey): Promise<void> {
  return reading(async (abortSignal) => {
    try {
      await container.item(NOBODY, key).delete({ abortSignal });
    } catch (error) {
      if (!(error instanceof ErrorResponse) || error.code !== 404 || error.substatus) throw error;
    }
  });
}

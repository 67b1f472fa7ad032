import { AppError } from "../errors.ts";
import type { MemoryShare, SharedMemory } from "../runtime/shared-memory.ts";

/** Takes so many bytes for a read of one org. The caller gives the share back. Throws AppError `busy`. */
export type TakeRoom = (bytes: number) => Promise<MemoryShare>;

/** What reads of one org hold of the memory that all orgs share, by turns. */
export function createReadRoom(memory: SharedMemory, orgId: string): TakeRoom {
  return async (bytes) => {
    const share = await memory.take(orgId, bytes);
    if (share) return share;
    throw new AppError("busy", "too many large reads are in work", { retryAfter: 2 });
  };
}

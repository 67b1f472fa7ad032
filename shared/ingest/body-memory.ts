import { AppError } from "../errors.ts";
import { reached } from "../runtime/reached.ts";
import type { MemoryShare, SharedMemory } from "../runtime/shared-memory.ts";
import { isPacked, unpackBody } from "./unpack-body.ts";

/** Bytes of a body, unpacked, that never waits: neither for memory, nor for the turns of others. */
export const SMALL_BODY = 64 * 1024;
/**
 * What a body and its growth have together at most. An org that holds something gets no more than half of the memory,
 * so that more might wait for ever.
 */
const GROWN_BYTES = 8 * 1024 * 1024;
/** How far bodies of SDKs unpack at most: 100 events of one kind pack to a tenth or less. */
const USUAL_RATIO = 32;

/** The memory that one body takes. A small body takes none. */
export interface BodyMemory {
  /** Unpacks a body within its memory. Throws AppError `busy`, or as `unpackBody` does. */
  unpack(sent: Buffer, encoding: string | null): Promise<Buffer>;
  /**
   * Takes what a body grows by while it is read. Throws AppError `busy`, or `body_too_large` when there would never be
   * room.
   */
  grow(body: Buffer, bytes: number): Promise<void>;
  /** Gives back all but this many bytes. */
  keep(bytes: number): void;
  /** Once is enough; more often changes nothing. */
  giveBack(): void;
}

export function createBodyMemory(memory: SharedMemory, orgId: string, maxBytes: number): BodyMemory {
  const limit = Math.min(GROWN_BYTES, maxBytes);
  let share: MemoryShare | undefined;
  let growth: MemoryShare | undefined;

  const unpackShared = async (sent: Buffer, encoding: string | null, bytes: number): Promise<Buffer> => {
    share ??= (await memory.take(orgId, bytes)) ?? refuse();
    const body = await unpackWithin(sent, encoding, share.bytes, maxBytes);
    if (body) return body;
    reached("body-unpacks-far");
    // It unpacks to more than usual. How much is not known, so that it waits for the most that is allowed.
    if (!(await share.exchange(maxBytes))) refuse();
    return unpackBody(sent, encoding, maxBytes);
  };

  return {
    unpack: async (sent, encoding) => {
      const packed = isPacked(sent, encoding);
      if (!packed && sent.length <= SMALL_BODY) return unpackBody(sent, encoding, maxBytes);
      // A packed body gets what such bodies usually take, since its own size is not known before.
      const bytes = Math.min(maxBytes, packed ? sent.length * USUAL_RATIO + SMALL_BODY : sent.length);
      share = memory.takeNow(orgId, bytes);
      const small = share ? undefined : await unpackWithin(sent, encoding, SMALL_BODY, maxBytes);
      return small ?? unpackShared(sent, encoding, bytes);
    },
    grow: async ({ length }, bytes) => {
      if (length + bytes <= SMALL_BODY || bytes === 0) return;
      if (length + bytes > limit) throw grownTooLarge(limit);
      share?.shrink(length);
      growth = (await memory.take(orgId, bytes)) ?? refuse();
    },
    keep: (bytes) => {
      share?.shrink(bytes);
      growth?.shrink(0);
    },
    giveBack: () => {
      share?.shrink(0);
      growth?.shrink(0);
    },
  };
}

/** Undefined for a body that unpacks to more than `bytes`, and may. */
async function unpackWithin(
  sent: Buffer,
  encoding: string | null,
  bytes: number,
  maxBytes: number,
): Promise<Buffer | undefined> {
  try {
    return await unpackBody(sent, encoding, bytes);
  } catch (error) {
    if (bytes >= maxBytes || !(error instanceof AppError && error.code === "body_too_large")) throw error;
    return undefined;
  }
}

function grownTooLarge(limit: number): AppError {
  const detail = `the body, with its \`context\` in each event, is larger than ${limit} bytes`;
  return new AppError("body_too_large", detail, { members: { limit } });
}

function refuse(): never {
  reached("no-room-for-body");
  throw new AppError("busy", "too many large bodies are in work; nothing of this one was taken", { retryAfter: 2 });
}

import type { Limits } from "../config.ts";
import { AppError } from "../errors.ts";
import type { MemoryBudget } from "../runtime/memory-budget.ts";
import { parseBody, type RawBatch } from "./parse-body.ts";
import { isPacked, unpackBody } from "./unpack-body.ts";

export interface ReceiveDeps {
  /** Bounds the unpacked bytes of all requests in work. */
  readonly memory: MemoryBudget;
  readonly limits: Limits;
}

/** How far bodies of SDKs unpack at the most: 100 events of one kind pack to a tenth or less. */
const USUAL_RATIO = 32;
const USUAL_BYTES = 64 * 1024;

/**
 * Unpacks and reads a body and hands the batch on, within the budget of memory. What a packed body will take is not known before:
 * it is given what such bodies usually take, and one that needs more waits for room for the largest that is allowed.
 */
export async function receiveBatch<T>(
  { memory, limits }: ReceiveDeps,
  sent: Buffer,
  contentEncoding: string | null,
  accept: (batch: RawBatch) => Promise<T>,
): Promise<T> {
  const within = (bytes: number): Promise<T> =>
    memory.use(bytes, async () => accept(parseBody(await unpackBody(sent, contentEncoding, bytes), limits.events)));
  if (!isPacked(sent, contentEncoding)) {
    const body = await unpackBody(sent, contentEncoding, limits.unpackedBytes);
    return memory.use(body.length, () => accept(parseBody(body, limits.events)));
  }
  const usual = Math.min(limits.unpackedBytes, sent.length * USUAL_RATIO + USUAL_BYTES);
  try {
    return await within(usual);
  } catch (error) {
    if (usual === limits.unpackedBytes || !(error instanceof AppError && error.code === "body_too_large")) throw error;
    return within(limits.unpackedBytes);
  }
}

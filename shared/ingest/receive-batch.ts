import type { HttpRequest } from "@azure/functions";
import { AppError } from "../errors.ts";
import { readBody } from "../http/read-body.ts";
import type { Principal } from "../identity/principal.ts";
import type { MemoryBudget, MemoryLease } from "../runtime/memory-budget.ts";
import { takeTurns } from "../runtime/turn.ts";
import type { KeyRings } from "../secrets/key-rings.ts";
import { type AcceptDeps, type AcceptedBatch, acceptBatch } from "./accept-batch.ts";
import { parseBody } from "./parse-body.ts";
import { isPacked, unpackBody } from "./unpack-body.ts";

export interface ReceiveDeps extends Omit<AcceptDeps, "keys"> {
  readonly keyRings: KeyRings;
  /** Bounds the unpacked bytes of all requests in work. */
  readonly memory: MemoryBudget;
}

/** How far bodies of SDKs unpack at most: 100 events of one kind pack to a tenth or less. */
const USUAL_RATIO = 32;
const USUAL_BYTES = 64 * 1024;

/**
 * Takes the events of a request, from its body to the stream. The body's memory is held until its events are accepted
 * or refused. Throws AppError, as each of its steps does.
 */
export async function receiveBatch(
  deps: ReceiveDeps,
  request: HttpRequest,
  principal: Principal,
): Promise<AcceptedBatch> {
  const { limits } = deps;
  const sent = await readBody(request, limits.bodyBytes);
  const keys = await deps.keyRings.current();
  const encoding = request.headers.get("content-encoding");
  const memory = await deps.memory.take(usualBytes(sent, encoding, limits.unpackedBytes));
  try {
    const body = await unpackWithin(memory, sent, encoding, limits.unpackedBytes);
    const turns = takeTurns();
    const batch = await parseBody(body, limits, turns);
    await turns.pause();
    return await acceptBatch({ ...deps, keys }, principal, batch, turns);
  } finally {
    memory.giveBack();
  }
}

/**
 * The memory that a body takes. A packed one gets what such bodies usually take, since its own size is not known
 * before.
 */
function usualBytes(sent: Buffer, encoding: string | null, maxBytes: number): number {
  return Math.min(maxBytes, isPacked(sent, encoding) ? sent.length * USUAL_RATIO + USUAL_BYTES : sent.length);
}

/** A body that needs more than is held gives its memory back, and waits for room for the largest that is allowed. */
async function unpackWithin(
  memory: MemoryLease,
  sent: Buffer,
  encoding: string | null,
  maxBytes: number,
): Promise<Buffer> {
  try {
    return await unpackBody(sent, encoding, memory.bytes);
  } catch (error) {
    if (memory.bytes === maxBytes || !(error instanceof AppError && error.code === "body_too_large")) throw error;
  }
  await memory.exchange(maxBytes);
  return unpackBody(sent, encoding, maxBytes);
}

import type { HttpRequest } from "@azure/functions";
import { readBody } from "../http/read-body.ts";
import type { Principal } from "../identity/principal.ts";
import type { SharedMemory } from "../runtime/shared-memory.ts";
import { takeTurns } from "../runtime/turn.ts";
import type { KeyRings } from "../secrets/key-rings.ts";
import { type AcceptDeps, type AcceptedBatch, type PackedBatch, packBatch, publishBatch } from "./accept-batch.ts";
import { type BodyMemory, createBodyMemory, SMALL_BODY } from "./body-memory.ts";
import { parseBody } from "./parse-body.ts";

export interface ReceiveDeps extends Omit<AcceptDeps, "keys"> {
  readonly keyRings: KeyRings;
  /** Bounds the bytes of large bodies in work, and shares them between orgs. */
  readonly memory: SharedMemory;
}

/**
 * Takes the events of a request, from its body to the stream. What a large body was unpacked to is given back when its
 * envelope is packed: while the stream is waited for, only what was sent is held, and the envelope. Throws AppError, as
 * each of its steps does.
 */
export async function receiveBatch(
  deps: ReceiveDeps,
  request: HttpRequest,
  principal: Principal,
): Promise<AcceptedBatch> {
  const sent = await readBody(request, deps.limits.bodyBytes);
  const keys = await deps.keyRings.current();
  const memory = createBodyMemory(deps.memory, principal.orgId, deps.limits.unpackedBytes);
  try {
    const packed = await unpackAndPack({ ...deps, keys }, principal, memory, sent, request);
    memory.keep(sent.length + packed.frame.length);
    await publishBatch(deps, packed);
    return packed.answer;
  } finally {
    memory.giveBack();
  }
}

/** In a function of its own, so that nothing refers to the unpacked body when it has ended. */
async function unpackAndPack(
  deps: AcceptDeps,
  principal: Principal,
  memory: BodyMemory,
  sent: Buffer,
  { headers }: HttpRequest,
): Promise<PackedBatch> {
  const body = await memory.unpack(sent, headers.get("content-encoding"));
  const turns = takeTurns(principal.orgId);
  if (body.length > SMALL_BODY) await turns.next();
  const batch = await parseBody(body, deps.limits, turns);
  await turns.pause();
  return packBatch(deps, principal, batch, turns);
}

import type { HttpRequest } from "@azure/functions";
import { announcesNoBody } from "../http/read-body.ts";
import type { Principal } from "../identity/principal.ts";
import { takeTurns } from "../runtime/turn.ts";
import type { KeyRings } from "../secrets/key-rings.ts";
import { type AcceptDeps, type AcceptedBatch, type PackedBatch, packBatch, publishBatch } from "./accept-batch.ts";
import { type AdmitDeps, admitBody } from "./admit-body.ts";
import { type BodyMemory, SMALL_BODY } from "./body-memory.ts";
import type { OpenJudge } from "./schemas/judge-events.ts";
import type { ReadSent, WayIn } from "./way-in.ts";

export interface ReceiveDeps extends Omit<AcceptDeps, "keys" | "rules">, AdmitDeps {
  readonly keyRings: KeyRings;
  readonly openJudge: OpenJudge;
}

/**
 * Takes the events of a request by a way in, from its body to the stream. What a large body was unpacked to is given
 * back when its envelope is packed: while the stream is waited for, only what was sent is held, and the envelope.
 * Throws AppError, as each of its steps does.
 */
export async function receiveBatch(
  deps: ReceiveDeps,
  way: Pick<WayIn, "read" | "mayBeEmpty">,
  request: HttpRequest,
  principal: Principal,
  readSent: ReadSent,
): Promise<AcceptedBatch> {
  const memory = admitBody(deps, principal, request);
  const sent = announcesNoBody(request) && way.mayBeEmpty?.(request) ? Buffer.alloc(0) : await readSent();
  const keys = await deps.keyRings.current();
  const rules = await deps.openJudge(principal.orgId);
  try {
    const packed = await unpackAndPack({ ...deps, keys, rules }, way, principal, memory, sent, request);
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
  way: Pick<WayIn, "read">,
  principal: Principal,
  memory: BodyMemory,
  sent: Buffer,
  request: HttpRequest,
): Promise<PackedBatch> {
  const body = await memory.unpack(sent, request.headers.get("content-encoding"));
  const turns = takeTurns(principal.orgId);
  if (body.length > SMALL_BODY) await turns.next();
  const batch = await way.read(body, request, deps.limits, turns);
  await memory.grow(body, batch.grows ?? 0);
  await turns.pause();
  return packBatch(deps, principal, batch, turns);
}

import type { Limits } from "../config.ts";
import { type ClaimStore, claimName } from "../envelope/claim-store.ts";
import { packContent } from "../envelope/content.ts";
import { encodeFrame } from "../envelope/frame.ts";
import type { EnvelopeHead } from "../envelope/frame-head.ts";
import { AppError } from "../errors.ts";
import type { Principal } from "../identity/principal.ts";
import type { KeyRing } from "../receipt/key-ring.ts";
import { mintReceipt } from "../receipt/receipt-id.ts";
import type { Turns } from "../runtime/turn.ts";
import { checkEvents, type EventResult } from "./check-events.ts";
import { type EventStream, MAX_INLINE_BYTES } from "./event-stream.ts";
import type { RawBatch } from "./raw-batch.ts";

export interface AcceptDeps {
  readonly stream: EventStream;
  readonly claims: ClaimStore;
  readonly keys: KeyRing;
  readonly limits: Limits;
  readonly now: () => number;
}

export interface AcceptedBatch {
  readonly receipt_id: string;
  /** All events of the request. */
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly results: readonly EventResult[];
}

/**
 * Takes a batch: checks its events, puts them into one envelope, and answers once the stream has acknowledged it.
 * Throws AppError `no_valid_event`, or as `checkEvents` does (then nothing was taken), or `stream_unavailable` (then it
 * may have been).
 */
export async function acceptBatch(
  deps: AcceptDeps,
  principal: Principal,
  batch: RawBatch,
  turns: Turns,
): Promise<AcceptedBatch> {
  const receivedAt = deps.now();
  const checked = await checkEvents(batch, receivedAt, deps.limits, turns);
  await turns.pause();
  const quarantined = checked.results.filter((result) => result.result === "quarantined").length;
  if (quarantined === batch.events.length) {
    throw new AppError("no_valid_event", `none of the ${batch.events.length} events is valid; nothing was taken`, {
      members: { results: checked.results },
    });
  }
  const { receiptId } = mintReceipt(deps.keys, principal.orgId, receivedAt, batch.events.length);
  const { body, bytes } = await packContent(checked.items, turns);
  const head = { org_id: principal.orgId, receipt_id: receiptId, events: batch.events.length, bytes };
  await deps.stream.publish(await messageFor(deps.claims, head, body));
  return {
    receipt_id: receiptId,
    accepted: batch.events.length,
    duplicate: checked.results.length - quarantined,
    quarantined,
    results: checked.results,
  };
}

async function messageFor(claims: ClaimStore, head: EnvelopeHead, body: Buffer): Promise<Buffer> {
  const frame = encodeFrame({ kind: "inline", head, body });
  if (frame.length <= MAX_INLINE_BYTES) return frame;
  const blob = claimName(head.org_id, head.receipt_id);
  try {
    await claims.put(blob, frame);
  } catch (cause) {
    throw new AppError("stream_unavailable", "the blob for a large batch could not be written", {
      cause,
      retryAfter: 5,
    });
  }
  return encodeFrame({ kind: "claim", head, blob });
}

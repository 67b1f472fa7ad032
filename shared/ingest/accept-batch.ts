import type { Limits } from "../config.ts";
import { type ClaimStore, claimName } from "../envelope/claim-store.ts";
import { packContent } from "../envelope/content.ts";
import { encodeFrame } from "../envelope/frame.ts";
import type { EnvelopeHead } from "../envelope/frame-head.ts";
import { AppError } from "../errors.ts";
import type { Principal } from "../identity/principal.ts";
import type { KeyRing } from "../receipt/key-ring.ts";
import { mintReceipt } from "../receipt/receipt-id.ts";
import { reached } from "../runtime/reached.ts";
import type { Turns } from "../runtime/turn.ts";
import { checkEvents, type EventResult } from "./check-events.ts";
import { type EventStream, MAX_INLINE_BYTES } from "./event-stream.ts";
import type { RawBatch } from "./raw-batch.ts";
import { isOfSchema, type OrgRules } from "./schemas/judge-events.ts";

export interface AcceptDeps {
  readonly stream: EventStream;
  readonly claims: ClaimStore;
  readonly keys: KeyRing;
  readonly limits: Limits;
  readonly now: () => number;
  /** Undefined where the org has no schemas. */
  readonly rules?: OrgRules | undefined;
}

export interface AcceptedBatch {
  readonly receipt_id: string;
  /** All events of the request. */
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly results: readonly EventResult[];
}

/** The envelope of a batch, and what is answered once the stream has acknowledged it. */
export interface PackedBatch {
  readonly head: EnvelopeHead;
  readonly frame: Buffer;
  readonly answer: AcceptedBatch;
}

/**
 * Checks the events of a batch and puts them into one envelope. Throws AppError `no_valid_event`, or as `checkEvents`
 * does.
 */
export async function packBatch(
  deps: Pick<AcceptDeps, "keys" | "limits" | "now" | "rules">,
  principal: Principal,
  batch: RawBatch,
  turns: Turns,
): Promise<PackedBatch> {
  const receivedAt = deps.now();
  const checked = await checkEvents(batch, receivedAt, deps.limits, turns, deps.rules);
  await turns.pause();
  const quarantined = checked.results.filter((result) => result.result === "quarantined").length;
  // An event that its schema refuses is one, and waits until the one or the other is mended.
  const isKept = batch.keepsInvalid || checked.results.some(({ code }) => isOfSchema(code));
  if (quarantined === batch.events.length && !isKept) {
    throw new AppError("no_valid_event", `none of the ${batch.events.length} events is valid; nothing was taken`, {
      members: { results: checked.results },
    });
  }
  const { receiptId } = mintReceipt(deps.keys, principal.orgId, receivedAt, batch.events.length);
  const { body, bytes } = await packContent(checked.items, turns);
  const head = { org_id: principal.orgId, receipt_id: receiptId, events: batch.events.length, bytes };
  const answer = {
    receipt_id: receiptId,
    accepted: batch.events.length,
    duplicate: checked.results.length - quarantined,
    quarantined,
    results: checked.results,
  };
  return { head, frame: encodeFrame({ kind: "inline", head, body }), answer };
}

/** Resolves once the stream has acknowledged it. Throws AppError `stream_unavailable`: it may be in all the same. */
export async function publishBatch(
  { stream, claims }: Pick<AcceptDeps, "stream" | "claims">,
  packed: PackedBatch,
): Promise<void> {
  await stream.publish(await messageFor(claims, packed));
}

async function messageFor(claims: ClaimStore, { head, frame }: PackedBatch): Promise<Buffer> {
  if (frame.length <= MAX_INLINE_BYTES) return frame;
  reached("batch-too-large-for-hub");
  const blob = claimName(head.org_id, head.receipt_id);
  try {
    await claims.put(blob, frame);
  } catch (cause) {
    reached("batch-not-put-into-blob");
    throw new AppError("stream_unavailable", "the blob for a large batch could not be written", {
      cause,
      retryAfter: 5,
    });
  }
  return encodeFrame({ kind: "claim", head, blob });
}

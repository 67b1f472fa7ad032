import type { ClaimStore } from "../envelope/claim-store.ts";
import type { EnvelopeItem, QuarantinedItem } from "../envelope/content.ts";
import type { Frame } from "../envelope/frame.ts";
import { legibleFieldsOf } from "../envelope/legible-fields.ts";
import type { EventProblemCode } from "../errors.ts";
import { markOf } from "../event/decide-outcome.ts";
import { type EventOutcome, makeLedgerEntry } from "../ledger/ledger-entry.ts";
import type { LedgerStore, Slot } from "../ledger/ledger-store.ts";
import { settleEntries } from "../ledger/settle-entries.ts";
import type { Quarantine } from "../quarantine/quarantine.ts";
import type { Deadline } from "../runtime/deadline.ts";
import type { WriteResult } from "../store/write-result.ts";
import { type Closing, type FrameResult, type HeadedFrame, leaveOpen, SETTLED } from "./frame-result.ts";
import type { OpenEnvelope } from "./load-envelope.ts";
import type { Settlement, Settlements } from "./settlement.ts";

export interface CloseDeps {
  readonly ledger: LedgerStore;
  readonly claims: ClaimStore;
  readonly quarantine: Quarantine;
}

/** Writes the quarantine documents of an envelope and, when every event has its outcome, closes its account. */
export async function closeEnvelope(
  deps: CloseDeps,
  { frame, items }: OpenEnvelope,
  settlements: Settlements,
): Promise<FrameResult | Closing> {
  const { org_id: orgId, receipt_id: receiptId } = frame.head;
  const own = items.map((_, index) => settlements.get(markOf(receiptId, index)));
  const quarantined = items.map((item, index) => quarantinedItemOf(item, own[index]));
  const kept = await deps.quarantine.keepItems(orgId, receiptId, quarantined);
  const waits = [...own, ...kept].filter((one) => one !== undefined && "retryAfterMs" in one);
  const [first] = waits;
  if (first) return leaveOpen(frame, { ...first, retryAfterMs: Math.max(...waits.map((wait) => wait.retryAfterMs)) });
  return toClosing(
    frame,
    items.map((item, index) => outcomeOf(item, own[index])),
  );
}

/** Quarantines a whole envelope that will never be read: one document, and an outcome for each event that it had. */
export async function giveUpEnvelope(
  deps: CloseDeps,
  frame: HeadedFrame,
  code: EventProblemCode,
  body: Buffer | undefined,
): Promise<FrameResult | Closing> {
  const { org_id: orgId, receipt_id: receiptId, events } = frame.head;
  const kept = await deps.quarantine.keepEnvelope(orgId, receiptId, code, body);
  if (kept.status === "unavailable") return leaveOpen(frame, kept);
  const outcomes = Array.from({ length: events }, (): EventOutcome => ({ outcome: "quarantined", code }));
  return toClosing(frame, outcomes);
}

/** Quarantines bytes that are not an envelope. They belong to no org, and so there is no account to close. */
export async function keepUnreadable(
  deps: CloseDeps,
  frame: Frame,
  { source, body }: { readonly source: string; readonly body: Buffer },
): Promise<FrameResult> {
  const kept = await deps.quarantine.keepBytes(source, body);
  if (kept.status === "unavailable") return leaveOpen(frame, kept);
  await deleteClaim(deps.claims, frame);
  return SETTLED;
}

/** Lets go of a frame's claim check, if it has one. Never throws. */
export async function deleteClaim(claims: ClaimStore, frame: Frame): Promise<void> {
  if (frame.kind !== "claim") return;
  try {
    await claims.delete(frame.blob);
  } catch {
    // Only storage space is lost: the account's lifecycle rule deletes blobs that are left over.
  }
}

function toClosing(frame: HeadedFrame, outcomes: readonly EventOutcome[]): Closing {
  return { status: "closing", frame, entry: makeLedgerEntry(frame.head.org_id, frame.head.receipt_id, outcomes) };
}

export interface CloseOptions {
  readonly deadline: Deadline;
  /** Called for each slot that has got a delta. */
  readonly onClosed: (slot: Slot) => void;
}

/**
 * Creates the ledger entries of envelopes, those of one slot together, and only then lets go of the claim checks: a try
 * after a failure in between finds the blobs again. One result for each, in order.
 */
export async function closeAccounts(
  { ledger, claims }: CloseDeps,
  closings: readonly Closing[],
  { deadline, onClosed }: CloseOptions,
): Promise<FrameResult[]> {
  const entries = closings.map(({ entry }) => entry);
  const results = await settleEntries(ledger, entries, deadline);
  const written = entries.filter((_, i) => results[i]?.status === "written");
  const slots = written.map(({ org_id: orgId, slot }) => [`${orgId} ${slot}`, { orgId, slot }] as const);
  for (const slot of new Map(slots).values()) onClosed(slot);
  return Promise.all(closings.map(({ frame }, i) => endOf(claims, frame, results[i] ?? NO_ANSWER)));
}

const NO_ANSWER: WriteResult = { status: "unavailable", retryAfterMs: 0, reason: "no answer" };

async function endOf(claims: ClaimStore, frame: Frame, result: WriteResult): Promise<FrameResult> {
  if (result.status === "unavailable") return leaveOpen(frame, result);
  if (result.status === "refused") throw new Error(`the ledger refuses an entry: ${result.reason}`);
  await deleteClaim(claims, frame);
  return SETTLED;
}

function quarantinedItemOf(item: EnvelopeItem, settlement: Settlement | undefined): QuarantinedItem | undefined {
  if ("q" in item) return item.q;
  if (!("e" in item) || settlement?.outcome !== "quarantined") return undefined;
  const { code, reason } = settlement.mark;
  return { code, path: "", message: reason, ...legibleFieldsOf(item.e), raw: { json: item.e } };
}

function outcomeOf(item: EnvelopeItem, settlement: Settlement | undefined): EventOutcome {
  if ("q" in item) return { outcome: "quarantined", code: item.q.code };
  if ("d" in item) return { outcome: "duplicate", code: "repeated_event_id" };
  switch (settlement?.outcome) {
    case "stored":
      return { outcome: "stored", eventType: item.e.event_type, timestamp: item.e.timestamp };
    case "duplicate":
      return { outcome: "duplicate", code: settlement.code };
    case "quarantined":
      return { outcome: "quarantined", code: settlement.mark.code };
    default:
      throw new Error("an envelope was closed with an event that has no outcome");
  }
}

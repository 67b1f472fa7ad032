import type { ClaimStore } from "../envelope/claim-store.ts";
import type { EnvelopeItem, QuarantinedItem } from "../envelope/content.ts";
import type { EnvelopeHead, Frame } from "../envelope/frame.ts";
import { documentIdOf } from "../event/document-id.ts";
import type { AcceptedEvent } from "../event/event.ts";
import type { EventDocument, EventStore } from "../event/event-store.ts";
import type { EventOutcome } from "../ledger/ledger-entry.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import { createQuarantine, type Quarantine } from "../quarantine/quarantine.ts";
import type { QuarantineStore } from "../quarantine/quarantine-store.ts";
import { readReceipt } from "../receipt/receipt-id.ts";
import type { Logger } from "../telemetry/log.ts";
import { closeEnvelope, type FrameResult, leaveOpen, waitOut } from "./frame-result.ts";
import { loadEnvelope, type OpenEnvelope } from "./load-envelope.ts";
import { quarantineEvent, type Settlement, settleEvents } from "./settle-events.ts";

export interface SettleDeps {
  readonly events: EventStore;
  readonly ledger: LedgerStore;
  readonly quarantine: QuarantineStore;
  readonly claims: ClaimStore;
}

export interface SettleOptions {
  /** Settles each event for itself, and quarantines one that fails for an unknown reason: for what came to the poison queue. */
  readonly isolate?: boolean;
}

/** Persists envelopes and gives each of their events its one outcome. One result for each frame, in order. */
export async function settleEnvelopes(
  deps: SettleDeps,
  frames: readonly Frame[],
  { isolate = false }: SettleOptions,
  log: Logger,
): Promise<FrameResult[]> {
  const quarantine = createQuarantine(deps.quarantine, deps.claims);
  const loaded = await Promise.all(
    frames.map((frame) =>
      waitOut<OpenEnvelope | FrameResult>(
        () => loadEnvelope({ ...deps, quarantine }, frame, log),
        (wait) => leaveOpen(frame, wait),
      ),
    ),
  );
  const open = loaded.filter((one): one is OpenEnvelope => "items" in one);
  const settle = isolate ? settleIsolated : settleTogether;
  const settlements = await settle(deps.events, open.flatMap(documentsOf), log);
  return Promise.all(loaded.map((one) => ("items" in one ? close(deps, quarantine, one, settlements) : one)));
}

/** Settlements by receipt and index. */
type Settlements = ReadonlyMap<string, ReadonlyMap<number, Settlement>>;

function documentsOf({ head, items }: OpenEnvelope): EventDocument[] {
  const received_at = new Date(readReceipt(head.receipt_id).receivedAt).toISOString();
  return items.flatMap((item, index) => ("e" in item ? [documentOf(head, index, received_at, item.e)] : []));
}

function documentOf(head: EnvelopeHead, index: number, received_at: string, event: AcceptedEvent): EventDocument {
  return {
    ...event,
    id: documentIdOf(event.event_id),
    org_id: head.org_id,
    received_at,
    receipt_id: head.receipt_id,
    index,
  };
}

async function settleTogether(events: EventStore, documents: readonly EventDocument[]): Promise<Settlements> {
  const settlements = await waitOut<Settlement[]>(
    () => settleEvents(events, documents),
    (wait) => documents.map(() => ({ outcome: "open", ...wait })),
  );
  return index(documents, settlements);
}

async function settleIsolated(
  events: EventStore,
  documents: readonly EventDocument[],
  log: Logger,
): Promise<Settlements> {
  const settlements: Settlement[] = [];
  for (const document of documents) {
    try {
      const alone = await settleTogether(events, [document]);
      const settlement = alone.get(document.receipt_id)?.get(document.index);
      if (settlement) settlements.push(settlement);
    } catch (error) {
      log.error("an event cannot be stored for an unknown reason; it goes to quarantine", {
        org_id: document.org_id,
        id: document.id,
        error,
      });
      settlements.push(await quarantineEvent(events, document, "processing_failed", String(error)));
    }
  }
  return index(documents, settlements);
}

function index(documents: readonly EventDocument[], settlements: readonly Settlement[]): Settlements {
  const byReceipt = new Map<string, Map<number, Settlement>>();
  for (const [i, { receipt_id, index }] of documents.entries()) {
    const settlement = settlements[i];
    const ofReceipt = byReceipt.get(receipt_id) ?? new Map<number, Settlement>();
    if (settlement) ofReceipt.set(index, settlement);
    byReceipt.set(receipt_id, ofReceipt);
  }
  return byReceipt;
}

/** Writes the quarantine documents of an envelope and, when every event has its outcome, its ledger entry. */
async function close(
  deps: SettleDeps,
  quarantine: Quarantine,
  { frame, head, items }: OpenEnvelope,
  settlements: Settlements,
): Promise<FrameResult> {
  const own = settlements.get(head.receipt_id);
  const kept = items.map((item, i) => quarantinedItemOf(item, own?.get(i)));
  return waitOut<FrameResult>(
    async () => {
      const results = await quarantine.keepItems(head.org_id, head.receipt_id, kept);
      const waits = [...(own?.values() ?? []), ...results].filter((one) => "retryAfterMs" in one);
      const [first] = waits;
      if (first)
        return leaveOpen(frame, { ...first, retryAfterMs: Math.max(...waits.map((wait) => wait.retryAfterMs)) });
      return closeEnvelope(
        deps.ledger,
        deps.claims,
        frame,
        items.map((item, i) => outcomeOf(item, own?.get(i))),
      );
    },
    (wait) => leaveOpen(frame, wait),
  );
}

function quarantinedItemOf(item: EnvelopeItem, settlement: Settlement | undefined): QuarantinedItem | undefined {
  if ("q" in item) return item.q;
  if (!("e" in item) || settlement?.outcome !== "quarantined") return undefined;
  const { code, reason } = settlement.mark;
  return { code, path: "", message: reason, raw: { json: item.e } };
}

function outcomeOf(item: EnvelopeItem, settlement: Settlement | undefined): EventOutcome {
  if ("q" in item) return { outcome: "quarantined", code: item.q.code };
  if ("d" in item) return { outcome: "duplicate", code: "repeated_event_id" };
  switch (settlement?.outcome) {
    case "stored":
      return { outcome: "stored", eventType: item.e.event_type, timestamp: item.e.timestamp };
    case "duplicate":
      return { outcome: "duplicate", code: null };
    case "quarantined":
      return { outcome: "quarantined", code: settlement.mark.code };
    default:
      throw new Error("an envelope was closed with an event that has no outcome");
  }
}

import { decideOutcome, markOf, type Occupant } from "../event/decide-outcome.ts";
import type { EventDocument, EventStore } from "../event/event-store.ts";
import type { WriteResult } from "../store/write-result.ts";
import type { Logger } from "../telemetry/log.ts";
import { waitOut } from "./frame-result.ts";
import { quarantineEvent } from "./quarantine-event.ts";
import { CONTENDED, LEFT_TO_NEWER, openAfter, type Settlement, type Settlements } from "./settlement.ts";

/** Stores events of any orgs, and decides the outcome of each. */
export type SettleEvents = (
  store: EventStore,
  documents: readonly EventDocument[],
  log: Logger,
) => Promise<Settlements>;

/** Rounds of create and look. Each is lost only to another try that got further in the meantime. */
const ROUNDS = 8;

/** Settles all events at once. Throws on a defect. */
export const settleTogether: SettleEvents = (store, documents, log) =>
  waitOut<Settlements>(
    settleInRounds(store, documents, log),
    (wait) => new Map(documents.map((document) => [markOfEvent(document), { outcome: "open", ...wait }])),
  );

/** Settles each event for itself, and quarantines one that fails on a defect: for work that failed again and again. */
export const settleOneByOne: SettleEvents = async (store, documents, log) => {
  const settled = new Map<string, Settlement>();
  for (const document of documents) {
    try {
      for (const [mark, settlement] of await settleTogether(store, [document], log)) settled.set(mark, settlement);
    } catch (error) {
      log.error("an event cannot be stored for an unknown reason; it goes to quarantine", {
        org_id: document.org_id,
        id: document.id,
        error,
      });
      const quarantined = quarantineEvent(store, document, "processing_failed", String(error));
      const settlement = await waitOut<Settlement>(quarantined, (wait) => ({ outcome: "open", ...wait }));
      settled.set(markOfEvent(document), settlement);
    }
  }
  return settled;
};

/** One create that only one delivery can win, then a look at the winner for those that lost; and again. */
async function settleInRounds(
  store: EventStore,
  documents: readonly EventDocument[],
  log: Logger,
): Promise<Settlements> {
  const settled = new Map<EventDocument, Settlement>();
  let pending = documents;
  for (let round = 0; round < ROUNDS && pending.length > 0; round++) {
    const results = await store.create(pending);
    const lost = settleWritten(pending, results, settled);
    await Promise.all(
      pending.map(async (document, i) => {
        const result = results[i];
        if (result?.status === "refused") settled.set(document, await quarantineRefused(store, document, result, log));
      }),
    );
    pending = await settleLost(store, lost, settled, log);
  }
  return new Map(documents.map((document) => [markOfEvent(document), settled.get(document) ?? CONTENDED]));
}

function quarantineRefused(
  store: EventStore,
  document: EventDocument,
  { reason }: { readonly reason: string },
  log: Logger,
): Promise<Settlement> {
  log.warn("the store refuses an event; it goes to quarantine", { org_id: document.org_id, id: document.id, reason });
  return quarantineEvent(store, document, "refused_by_store", reason);
}

/** Settles the events for which one answer suffices; returns those that met a 409. */
function settleWritten(
  documents: readonly EventDocument[],
  results: readonly WriteResult[],
  settled: Map<EventDocument, Settlement>,
): EventDocument[] {
  const lost: EventDocument[] = [];
  for (const [i, document] of documents.entries()) {
    const result = results[i];
    if (result?.status === "written") settled.set(document, { outcome: "stored" });
    else if (result?.status === "conflict") lost.push(document);
    else if (result?.status !== "refused") settled.set(document, openAfter(result));
  }
  return lost;
}

/** Looks at the winner; returns the events whose id holds nothing any more. */
async function settleLost(
  store: EventStore,
  lost: readonly EventDocument[],
  settled: Map<EventDocument, Settlement>,
  log: Logger,
): Promise<EventDocument[]> {
  const again: EventDocument[] = [];
  for (const [orgId, documents] of Map.groupBy(lost, (document) => document.org_id)) {
    const occupants = await store.findOccupants(
      orgId,
      documents.map((document) => document.id),
    );
    for (const document of documents) {
      const settlement = await settleAgainst(store, document, occupants.get(document.id), log);
      if (settlement) settled.set(document, settlement);
      else again.push(document);
    }
  }
  return again;
}

async function settleAgainst(
  store: EventStore,
  document: EventDocument,
  occupant: Occupant | undefined,
  log: Logger,
): Promise<Settlement | undefined> {
  const decision = decideOutcome(occupant, document.receipt_id, document.index);
  if (decision.is === "again") return undefined;
  if (decision.is === "newer") return LEFT_TO_NEWER;
  if (decision.is === "quarantined") return { outcome: "quarantined", mark: decision.mark };
  if (decision.is !== "replace") return { outcome: decision.is };
  const { quarantined, etag } = decision.occupant;
  const result = await store.replace({ ...document, quarantined }, etag);
  if (result.status === "written") return { outcome: "stored" };
  if (result.status === "refused") return quarantineRefused(store, document, result, log);
  return result.status === "conflict" ? undefined : openAfter(result);
}

function markOfEvent({ receipt_id, index }: EventDocument): string {
  return markOf(receipt_id, index);
}

import type { EventDocument, EventStore, Tombstone } from "../event/event-store.ts";
import { decideOutcome, markOf, type Occupant, type Outcome, type QuarantineMark } from "../event/outcome.ts";
import type { Wait, WriteResult } from "../store/write-result.ts";

/** What is known of one event after a try to store it. */
export type Settlement =
  | { readonly outcome: Exclude<Outcome, "quarantined"> }
  | { readonly outcome: "quarantined"; readonly mark: QuarantineMark }
  | ({ readonly outcome: "open" } & Wait);

/** Rounds of create and look: each is lost only to someone else who got further in the meantime. */
const ROUNDS = 8;
/** Longer than Event Hubs keeps a message (7 days) and than a queue delays it. */
const TOMBSTONE_TTL_SECONDS = 30 * 24 * 3600;
/** Marks kept in one document; the oldest are long settled in the ledger. */
const MARKS_KEPT = 1_000;

/**
 * Stores events of any orgs and decides for each what became of it: one create that only one delivery can win, and a look at
 * what stands there for those that lost. One settlement for each document, in order.
 */
export async function settleEvents(store: EventStore, documents: readonly EventDocument[]): Promise<Settlement[]> {
  const settled = new Map<EventDocument, Settlement>();
  let pending = documents;
  for (let round = 0; round < ROUNDS && pending.length > 0; round++) {
    const results = await store.create(pending);
    const lost = settleWritten(pending, results, settled);
    await Promise.all(
      pending.map(async (document, i) => {
        const result = results[i];
        if (result?.status === "refused")
          settled.set(document, await quarantineEvent(store, document, "refused_by_store", result.reason));
      }),
    );
    pending = await settleLost(store, lost, settled);
  }
  return documents.map((document) => settled.get(document) ?? CONTENDED);
}

/** Settles what one answer suffices for; returns those that met a 409. */
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

/** Looks at what won; returns those for which nothing stands there any more. */
async function settleLost(
  store: EventStore,
  lost: readonly EventDocument[],
  settled: Map<EventDocument, Settlement>,
): Promise<EventDocument[]> {
  const again: EventDocument[] = [];
  for (const [orgId, documents] of Map.groupBy(lost, (document) => document.org_id)) {
    const occupants = await store.findOccupants(
      orgId,
      documents.map((document) => document.id),
    );
    for (const document of documents) {
      const settlement = await settleAgainst(store, document, occupants.get(document.id));
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
): Promise<Settlement | undefined> {
  const decision = decideOutcome(occupant, document.receipt_id, document.index);
  if (decision.is === "again") return undefined;
  if (decision.is === "quarantined") return { outcome: "quarantined", mark: decision.mark };
  if (decision.is !== "replace") return { outcome: decision.is };
  const { quarantined, etag } = decision.occupant;
  const result = await store.replace({ ...document, quarantined }, etag);
  if (result.status === "written") return { outcome: "stored" };
  if (result.status === "refused") return quarantineEvent(store, document, "refused_by_store", result.reason);
  return result.status === "conflict" ? undefined : openAfter(result);
}

/**
 * Decides that an event is quarantined, unless a slower or faster try has stored it: a tombstone takes its id first, so that no
 * other try can store it afterwards. Its quarantine document is the caller's to write.
 */
export async function quarantineEvent(
  store: EventStore,
  document: EventDocument,
  code: QuarantineMark["code"],
  reason: string,
): Promise<Settlement> {
  const mark: QuarantineMark = { mark: markOf(document.receipt_id, document.index), code, reason };
  for (let round = 0; round < ROUNDS; round++) {
    const [created] = await store.create([tombstoneOf(document, [mark])]);
    if (created?.status === "written") return { outcome: "quarantined", mark };
    if (created?.status !== "conflict") return openAfter(created);
    const occupant = (await store.findOccupants(document.org_id, [document.id])).get(document.id);
    const decision = decideOutcome(occupant, document.receipt_id, document.index);
    if (decision.is === "again") continue;
    if (decision.is === "quarantined") return { outcome: "quarantined", mark: decision.mark };
    if (decision.is !== "replace") return { outcome: decision.is };
    const marks = [...decision.occupant.quarantined, mark].slice(-MARKS_KEPT);
    const replaced = await store.replace(tombstoneOf(document, marks), decision.occupant.etag);
    if (replaced.status === "written") return { outcome: "quarantined", mark };
    if (replaced.status !== "conflict") return openAfter(replaced);
  }
  return CONTENDED;
}

const CONTENDED = {
  outcome: "open",
  retryAfterMs: 0,
  reason: "others changed the same documents in every round",
} as const;

function openAfter(result: WriteResult | undefined): Settlement {
  if (result?.status === "unavailable")
    return { outcome: "open", retryAfterMs: result.retryAfterMs, reason: result.reason };
  return { outcome: "open", retryAfterMs: 0, reason: `the store answered ${result?.status ?? "nothing"}` };
}

function tombstoneOf({ id, org_id }: EventDocument, quarantined: readonly QuarantineMark[]): Tombstone {
  return { id, org_id, receipt_id: null, quarantined, ttl: TOMBSTONE_TTL_SECONDS };
}

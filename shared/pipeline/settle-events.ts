import { markOf } from "../event/decide-outcome.ts";
import type { EventDocument, EventStore } from "../event/event-store.ts";
import { type Deadline, noDeadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import { isSilence, type WriteResult } from "../store/write-result.ts";
import type { Logger } from "../telemetry/log.ts";
import { waitOut } from "./frame-result.ts";
import { quarantineEvent, quarantineRefused } from "./quarantine-event.ts";
import { settleLost } from "./settle-lost.ts";
import { CONTENDED, LATE, openAfter, type Settlement, type Settlements } from "./settlement.ts";

export interface SettleOptions {
  /** When it is over, what is not settled stays open. */
  readonly deadline: Deadline;
  /** Whether an earlier try may have stored some: they are looked for first, which costs less than a 409 each. */
  readonly isAgain: boolean;
  /** Called for each event that this try has stored, or kept from ever being stored. */
  readonly onProgress: (orgId: string) => void;
}

/** Stores events of any orgs, and decides the outcome of each. */
export type SettleEvents = (
  store: EventStore,
  documents: readonly EventDocument[],
  log: Logger,
  options?: SettleOptions,
) => Promise<Settlements>;

const FIRST_TRY: SettleOptions = { deadline: noDeadline, isAgain: false, onProgress: () => undefined };
/** Rounds of create and look. Each is lost only to another try that got further in the meantime. */
const ROUNDS = 8;
/** Events of a spoiled work item that are under way at once, each for itself. */
const APART_AT_ONCE = 20;

/** Settles all events at once. Throws on a defect. */
export const settleTogether: SettleEvents = (store, documents, log, options = FIRST_TRY) =>
  waitOut<Settlements>(
    settleInRounds(store, documents, log, options),
    (wait) => new Map(documents.map((document) => [markOfEvent(document), { outcome: "open", ...wait }])),
  );

/**
 * Settles each event for itself, and quarantines one that fails on a defect: for work that failed again and again. Ends
 * early when nobody answers.
 */
export const settleOneByOne: SettleEvents = async (store, documents, log, options = FIRST_TRY) => {
  const settled = new Map<string, Settlement>();
  let rest: Settlement = LATE;
  for (let i = 0; i < documents.length && !options.deadline.isOver(); i += APART_AT_ONCE) {
    const some = documents.slice(i, i + APART_AT_ONCE);
    const found = await Promise.all(some.map((document) => settleAlone(store, document, log, options)));
    for (const [n, document] of some.entries()) settled.set(markOfEvent(document), found[n] ?? LATE);
    if (!isSilence(found)) continue;
    reached("nobody-answers-events-apart");
    rest = found[0] ?? LATE;
    break;
  }
  return new Map(documents.map((document) => [markOfEvent(document), settled.get(markOfEvent(document)) ?? rest]));
};

async function settleAlone(
  store: EventStore,
  document: EventDocument,
  log: Logger,
  options: SettleOptions,
): Promise<Settlement> {
  try {
    const settled = await settleTogether(store, [document], log, options);
    return settled.get(markOfEvent(document)) ?? CONTENDED;
  } catch (error) {
    reached("event-fails-alone");
    const { org_id, id } = document;
    log.error("an event cannot be stored for an unknown reason; it goes to quarantine", { org_id, id, error });
    const quarantined = quarantineEvent(store, document, "processing_failed", String(error));
    const settlement = await waitOut<Settlement>(quarantined, (wait) => ({ outcome: "open", ...wait }));
    if (settlement.outcome === "quarantined") options.onProgress(org_id);
    return settlement;
  }
}

/** One create that only one delivery can win, then a look at the winner for those that lost; and again. */
async function settleInRounds(
  store: EventStore,
  documents: readonly EventDocument[],
  log: Logger,
  { deadline, isAgain, onProgress }: SettleOptions,
): Promise<Settlements> {
  const settled = new Map<EventDocument, Settlement>();
  const deps = { store, settled, log, deadline, onProgress };
  let pending = isAgain ? await settleLost(deps, documents) : documents;
  for (let round = 0; round < ROUNDS && pending.length > 0 && !deadline.isOver(); round++) {
    const results = await store.create(pending, deadline);
    const lost = settleWritten(pending, results, settled);
    await Promise.all(
      pending.map(async (document, i) => {
        const result = results[i];
        if (result?.status === "written") onProgress(document.org_id);
        if (result?.status !== "refused") return;
        reached("create-refused");
        const settlement = await quarantineRefused(store, document, result, log);
        settled.set(document, settlement);
        if (settlement.outcome === "quarantined") onProgress(document.org_id);
      }),
    );
    pending = await settleLost(deps, lost);
  }
  const otherwise = deadline.isOver() ? LATE : CONTENDED;
  return new Map(documents.map((document) => [markOfEvent(document), settled.get(document) ?? otherwise]));
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

function markOfEvent({ receipt_id, index }: EventDocument): string {
  return markOf(receipt_id, index);
}

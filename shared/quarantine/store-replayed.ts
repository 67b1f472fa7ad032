import { AppError } from "../errors.ts";
import { decideOutcome, markOfTry, type Occupant, type QuarantineMark } from "../event/decide-outcome.ts";
import { documentIdOf } from "../event/document-id.ts";
import type { EventDocument, EventStore } from "../event/event-store.ts";
import { addMark, makeTombstone } from "../event/tombstone.ts";
import { reached } from "../runtime/reached.ts";
import type { WriteResult } from "../store/write-result.ts";
import type { Replay } from "./quarantine-act.ts";
import type { QuarantineDocument } from "./quarantine-store.ts";

type Store = Pick<EventStore, "create" | "findOccupants" | "replace">;

/**
 * What the store has answered, the same for whoever asks. `refused`: for good, by a tombstone that bears the mark of
 * this try, so that no slower one can store the event any more.
 */
export type Stored =
  | { readonly is: "stored" | "duplicate" }
  | { readonly is: "refused"; readonly mark: QuarantineMark }
  | { readonly is: "open"; readonly result: WriteResult };

/** Each is lost only to another one that got further in the meantime. */
const ROUNDS = 8;
const CONTENDED = waiting("others changed the same document in every round");

/** Stores a replayed event under its own id, with its first receipt, place and time of receipt. */
export async function storeReplayed(store: Store, kept: QuarantineDocument, replay: Replay): Promise<Stored> {
  const document = documentOf(kept, replay);
  const mark = markOfTry(document.receipt_id, document.index, replay.try);
  try {
    return await storeInRounds(store, document, mark);
  } catch (error) {
    if (error instanceof AppError) throw error;
    // A defect, that would keep the event from every other end: the pipeline does the same.
    reached("replayed-event-fails");
    return refuse(store, document, { mark, code: "processing_failed", reason: String(error).slice(0, 300) });
  }
}

async function storeInRounds(store: Store, document: EventDocument, own: string): Promise<Stored> {
  for (let round = 0; round < ROUNDS; round++) {
    const [created] = await store.create([document]);
    const result = created ?? NO_ANSWER;
    if (result.status === "written") return { is: "stored" };
    if (result.status === "refused") return refuse(store, document, { ...REFUSED, mark: own, reason: result.reason });
    if (result.status !== "conflict") return { is: "open", result };
    const met = await meet(store, document, own);
    if (met) return met;
  }
  reached("replayed-event-contended");
  return CONTENDED;
}

/** What stands under the id decides. Undefined when that changed meanwhile. */
async function meet(store: Store, document: EventDocument, own: string): Promise<Stored | undefined> {
  const found = settledBy(await look(store, document), document, own);
  if (!found || "is" in found) return found;
  reached("replayed-event-replaces-tombstone");
  const result = await store.replace({ ...document, quarantined: found.quarantined }, found.etag);
  if (result.status === "written") return { is: "stored" };
  if (result.status === "refused") return refuse(store, document, { ...REFUSED, mark: own, reason: result.reason });
  return result.status === "conflict" ? undefined : { is: "open", result };
}

const REFUSED = { code: "refused_by_store" } as const;

/** A tombstone takes the id, or gets the mark, unless something else is decided there by now. */
async function refuse(store: Store, document: EventDocument, mark: QuarantineMark): Promise<Stored> {
  for (let round = 0; round < ROUNDS; round++) {
    const [created] = await store.create([makeTombstone(document, [mark])]);
    const result = created ?? NO_ANSWER;
    if (result.status === "written") return { is: "refused", mark };
    if (result.status !== "conflict") return { is: "open", result };
    const found = settledBy(await look(store, document), document, mark.mark);
    if (!found) continue;
    if ("is" in found) return found;
    const replaced = await store.replace(makeTombstone(document, addMark(found.quarantined, mark)), found.etag);
    if (replaced.status === "written") return { is: "refused", mark };
    if (replaced.status !== "conflict") return { is: "open", result: replaced };
  }
  return CONTENDED;
}

async function look(store: Store, { org_id, id }: EventDocument): Promise<Occupant | undefined> {
  return (await store.findOccupants(org_id, [id])).get(id);
}

/** The tombstone that gives way, where it is one of others. */
function settledBy(
  occupant: Occupant | undefined,
  document: EventDocument,
  own: string,
): Stored | Occupant | undefined {
  const decision = decideOutcome(occupant, document, own);
  switch (decision.is) {
    case "again":
      return undefined;
    case "newer":
      return waiting("a newer release wrote the document under the event's id");
    case "quarantined":
      return { is: "refused", mark: decision.mark };
    case "replace":
      return decision.occupant;
    default:
      return { is: decision.is };
  }
}

export function documentOf(kept: QuarantineDocument, { event }: Pick<Replay, "event">): EventDocument {
  const { org_id, received_at, receipt_id, index } = kept;
  return { ...event, id: documentIdOf(event.event_id), org_id, received_at, receipt_id, index: index ?? 0 };
}

const NO_ANSWER: WriteResult = { status: "unavailable", retryAfterMs: 0, reason: "the store gave no answer" };

function waiting(reason: string): Stored {
  return { is: "open", result: { status: "unavailable", retryAfterMs: 0, reason } };
}

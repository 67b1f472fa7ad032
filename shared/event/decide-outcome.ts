import { reached } from "../runtime/reached.ts";
/** The outcome of an accepted event. Every event gets exactly one of these. */
export type Outcome = "stored" | "duplicate" | "quarantined";

/** Names one event of one envelope for ever: `<receipt id>:<index>`. Also the id of its quarantine document. */
export function markOf(receiptId: string, index: number): string {
  return `${receiptId}:${index}`;
}

/** Names one replay of an event: as its quarantine mark, where the store refused it. */
export function markOfTry(receiptId: string, index: number, attempt: string): string {
  return `${markOf(receiptId, index)}#${attempt}`;
}

/** Says in the store that one event was quarantined on its way into it, and why: the same for every try. */
export interface QuarantineMark {
  /** See `markOf`, and `markOfTry`. */
  readonly mark: string;
  readonly code: "refused_by_store" | "processing_failed";
  readonly reason: string;
}

/** The document under an event's id in the store, as far as outcomes depend on it. */
export interface Occupant {
  readonly id: string;
  /** The receipt whose event is stored; null for a tombstone. */
  readonly receiptId: string | null;
  /** Its place in that batch. */
  readonly index?: number | undefined;
  /** Events with this id that were quarantined, by the store's refusal or by a defect. */
  readonly quarantined: readonly QuarantineMark[];
  readonly etag: string;
  /** See `AcceptedEvent`. */
  readonly contentHash?: string | undefined;
  /** Only a newer release can read it. */
  readonly isNewer?: boolean;
}

/** Why an event is a duplicate, where that is more than that its id is taken. */
export type DuplicateCode = "idempotency_conflict" | null;

/**
 * `stored` and `duplicate`: that is the outcome. `quarantined`: by this mark. `replace`: a tombstone of other events
 * only; it gives way. `again`: nothing stands there any more; create once more. `newer`: a newer release decides.
 */
export type Decision =
  | { readonly is: "stored" | "again" | "newer" }
  | { readonly is: "duplicate"; readonly code: DuplicateCode }
  | { readonly is: "quarantined"; readonly mark: QuarantineMark }
  | { readonly is: "replace"; readonly occupant: Occupant };

/** What of an event its outcome depends on. */
export interface DecidedEvent {
  readonly receipt_id: string;
  readonly index: number;
  readonly content_hash?: string;
}

/**
 * Decides what a 409 means for one event. Every try of a delivery decides the same, whenever it comes and whatever
 * other tries did in between. For the document in the store was put there by a create or a conditional replace that
 * only one try can win.
 *
 * @param own the mark that says that this very event was quarantined: of a replay, the mark of its try
 */
export function decideOutcome(
  occupant: Occupant | undefined,
  { receipt_id: receiptId, index, content_hash: hash }: DecidedEvent,
  own = markOf(receiptId, index),
): Decision {
  if (!occupant) {
    reached("occupied-id-is-free-again");
    return { is: "again" };
  }
  if (occupant.isNewer) {
    reached("occupied-id-of-newer-release");
    return { is: "newer" };
  }
  const mark = occupant.quarantined.find((quarantined) => quarantined.mark === own);
  if (mark) {
    reached("event-quarantined-before");
    return { is: "quarantined", mark };
  }
  if (occupant.receiptId === null) return { is: "replace", occupant };
  // A batch has an id once, unless a replay has stored another event of it under that id.
  if (occupant.receiptId !== receiptId || (occupant.index ?? index) !== index) {
    // Both were sent by a key: what it named before was something else.
    const isOther = hash !== undefined && occupant.contentHash !== undefined && hash !== occupant.contentHash;
    return { is: "duplicate", code: isOther ? "idempotency_conflict" : null };
  }
  reached("event-stored-before");
  return { is: "stored" };
}

import type { QuarantineMark } from "./decide-outcome.ts";
import type { EventDocument, Tombstone } from "./event-store.ts";

/** Longer than Event Hubs keeps a message (7 days) and than a queue delays it. */
const TOMBSTONE_TTL_SECONDS = 30 * 24 * 3600;
/** Marks kept in one document; the oldest are long settled in the ledger. */
const MARKS_KEPT = 1_000;

/** What takes an event's id, so that no other try can store it. */
export function makeTombstone(
  { id, org_id }: Pick<EventDocument, "id" | "org_id">,
  quarantined: readonly QuarantineMark[],
): Tombstone {
  return { id, org_id, receipt_id: null, quarantined, ttl: TOMBSTONE_TTL_SECONDS };
}

export function addMark(marks: readonly QuarantineMark[], mark: QuarantineMark): readonly QuarantineMark[] {
  return [...marks, mark].slice(-MARKS_KEPT);
}

import type { EventProblemCode } from "../errors.ts";
import type { Outcome } from "../event/decide-outcome.ts";
import { readReceipt, slotOf } from "../receipt/receipt-id.ts";
import type { Formatted } from "../store/formats.ts";
import { addCount, type CountTable, type EventCounts, type Hour, hourOf, toTable } from "./event-counts.ts";
import type { OutcomeCounts } from "./outcome-counts.ts";

/** How long an entry is kept, in seconds: 400 days. Sums outlive it. */
export const ENTRY_TTL = 400 * 24 * 3600;

/** Events of one envelope that were not simply stored, for one reason: inclusive ranges of their indexes. */
export interface NotStored {
  readonly outcome: Exclude<Outcome, "stored">;
  readonly code: EventProblemCode | null;
  readonly ranges: readonly (readonly [first: number, last: number])[];
}

/**
 * One per envelope, created once when every event of it has its outcome, and never written again. Everyone who computes
 * it computes the same. A delta that was created with it counts it.
 *
 * Releases up to 0.6.0 made no delta: their entries are `open` until a merge has added them to a rollup. Then
 * `merged_into` names the rollup, and `merged_seq` the change of it.
 */
export interface LedgerEntry extends Formatted {
  readonly id: string;
  readonly org_id: string;
  readonly slot: string;
  readonly kind: "entry";
  readonly received_hour: Hour;
  readonly outcomes: OutcomeCounts;
  readonly not_stored: readonly NotStored[];
  /** Stored events by type and hour of their own time. */
  readonly counts: CountTable;
  /** Seconds. Entries of releases up to 0.5.0 have none, and stay. */
  readonly ttl?: number;
  /** Of releases up to 0.6.0, with the span of `counts`: null when nothing was stored. */
  readonly open?: boolean;
  readonly first_hour?: Hour | null;
  readonly last_hour?: Hour | null;
  readonly merged_into?: string;
  readonly merged_seq?: number;
}

/** The outcome of one event of an envelope; its type and time where it was stored. */
export type EventOutcome =
  | { readonly outcome: "stored"; readonly eventType: string; readonly timestamp: string }
  | { readonly outcome: "duplicate"; readonly code: EventProblemCode | null }
  | { readonly outcome: "quarantined"; readonly code: EventProblemCode };

/** The account of an envelope from the outcomes of its events, by index. The same outcomes make the same account. */
export function makeLedgerEntry(orgId: string, receiptId: string, outcomes: readonly EventOutcome[]): LedgerEntry {
  const tally = { stored: 0, duplicate: 0, quarantined: 0 };
  const counts: EventCounts = new Map();
  const notStored = new Map<
    string,
    { outcome: NotStored["outcome"]; code: EventProblemCode | null; indexes: number[] }
  >();
  for (const [index, event] of outcomes.entries()) {
    tally[event.outcome]++;
    if (event.outcome === "stored") {
      addCount(counts, event.eventType, hourOf(Date.parse(event.timestamp)), 1);
      continue;
    }
    const key = `${event.outcome} ${event.code}`;
    const group = notStored.get(key) ?? { outcome: event.outcome, code: event.code, indexes: [] };
    group.indexes.push(index);
    notStored.set(key, group);
  }
  const table = toTable(counts);
  return {
    id: receiptId,
    org_id: orgId,
    slot: slotOf(receiptId),
    kind: "entry",
    received_hour: hourOf(readReceipt(receiptId).receivedAt),
    outcomes: [tally.stored, tally.duplicate, tally.quarantined],
    not_stored: [...notStored.values()].map(({ outcome, code, indexes }) => ({
      outcome,
      code,
      ranges: toRanges(indexes),
    })),
    counts: table,
    ttl: ENTRY_TTL,
  };
}

/** Rising indexes as inclusive ranges. */
function toRanges(indexes: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const index of indexes) {
    const last = ranges.at(-1);
    if (last && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges;
}

import { readReceipt, slotOf } from "../receipt/receipt-id.ts";
import type { Formatted } from "../store/formats.ts";
import { addCount, type CountTable, type EventCounts, type Hour, hourOf, toTable } from "./event-counts.ts";
import { ENTRY_TTL, type LedgerEntry } from "./ledger-entry.ts";
import { type OutcomeCounts, type OutcomeName, outcomeNames } from "./outcome-counts.ts";

/** What may happen to an event after its receipt was settled: from which outcomes it comes, and to which. */
const ways = {
  replayed: { from: ["quarantined"], to: ["stored", "duplicate"] },
  discarded: { from: ["quarantined"], to: ["discarded"] },
  expired: { from: ["stored", "quarantined"], to: ["expired"] },
  erased: { from: ["stored", "quarantined"], to: ["erased"] },
} as const satisfies Record<string, Record<"from" | "to", readonly OutcomeName[]>>;

export type AdjustmentKind = keyof typeof ways;

/**
 * An event that has moved from one outcome to another. It lies in the slot of its receipt, so that every state of the
 * slot that has it has the entry too: elsewhere, a reader of several slots could see less than nothing. It is counted
 * as an entry is, by a delta that is created with it, and never changes.
 */
export interface Adjustment extends Formatted {
  /** `adj.<receipt>.<index>.<what>`: whoever tries again makes the same one. */
  readonly id: string;
  readonly org_id: string;
  readonly slot: string;
  readonly kind: "adjustment";
  readonly receipt_id: string;
  readonly index: number;
  readonly what: AdjustmentKind;
  readonly from: OutcomeName;
  readonly to: OutcomeName;
  readonly received_hour: Hour;
  /** When it was decided, RFC 3339. */
  readonly at?: string;
  /** -1 and 1: their sum is 0, so that accepted stays what it was. */
  readonly outcomes: OutcomeCounts;
  /** 1 where the event was stored, -1 where it is not stored any more. */
  readonly counts: CountTable;
  readonly ttl: number;
}

/** What a delta counts. */
export type Counted = LedgerEntry | Adjustment;

/** What a repair adds up of them. */
export type CountedRead = Pick<Counted, "id" | "kind" | "v" | "received_hour" | "outcomes" | "counts"> &
  Pick<LedgerEntry, "open">;

/** An event of a settled receipt, and what became of it. */
export interface Move {
  readonly receiptId: string;
  readonly index: number;
  readonly what: AdjustmentKind;
  readonly to: OutcomeName;
  /** When it was decided, RFC 3339: the same for every try. */
  readonly at?: string;
  /** Of an event that is stored now, or was: under what it is counted. */
  readonly event?: { readonly eventType: string; readonly timestamp: string };
}

export function adjustmentId({ receiptId, index, what }: Pick<Move, "receiptId" | "index" | "what">): string {
  return `adj.${receiptId}.${index}.${what}`;
}

export function isWay({ what, to }: Move, from: OutcomeName): boolean {
  const way: Record<"from" | "to", readonly OutcomeName[]> = ways[what];
  return way.from.includes(from) && way.to.includes(to);
}

export function makeAdjustment(orgId: string, move: Move, from: OutcomeName): Adjustment {
  const { receiptId, index, what, to, at } = move;
  return {
    id: adjustmentId(move),
    org_id: orgId,
    slot: slotOf(receiptId),
    kind: "adjustment",
    receipt_id: receiptId,
    index,
    what,
    from,
    to,
    received_hour: hourOf(readReceipt(receiptId).receivedAt),
    ...(at === undefined ? undefined : { at }),
    outcomes: between(from, to),
    counts: countsOf(move, from),
    ttl: ENTRY_TTL,
  };
}

function between(from: OutcomeName, to: OutcomeName): OutcomeCounts {
  const [stored = 0, duplicate = 0, quarantined = 0, ...later] = outcomeNames.map(
    (name) => Number(name === to) - Number(name === from),
  );
  return [stored, duplicate, quarantined, ...later];
}

function countsOf({ event, to, ...move }: Move, from: OutcomeName): CountTable {
  const counts: EventCounts = new Map();
  const change = Number(to === "stored") - Number(from === "stored");
  if (change !== 0) {
    if (!event) throw new Error(`${adjustmentId({ ...move })} is of an event whose type and time are not given`);
    addCount(counts, event.eventType, hourOf(Date.parse(event.timestamp)), change);
  }
  return toTable(counts);
}

/** What has become of an event: what its entry says, and then its adjustments, one after the other. */
export function outcomeAt(entry: LedgerEntry, adjustments: readonly Adjustment[], index: number): OutcomeName {
  const group = entry.not_stored.find(({ ranges }) => ranges.some(([first, last]) => index >= first && index <= last));
  const left = adjustments.filter((adjustment) => adjustment.index === index);
  let outcome: OutcomeName = group?.outcome ?? "stored";
  for (;;) {
    const next = left.findIndex(({ from }) => from === outcome);
    const [adjustment] = next === -1 ? [] : left.splice(next, 1);
    if (!adjustment) return outcome;
    outcome = adjustment.to;
  }
}

import type { Formatted } from "../store/formats.ts";
import { addTable, type CountTable, type EventCounts, type Hour, spanOf, toTable } from "./event-counts.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import { addOutcomes, type OutcomeCounts, type OutcomeRow } from "./outcome-counts.ts";

/**
 * The sum of many ledger entries of one slot. Every change raises `seq` by one. Before it grows too large it is sealed,
 * and the next one of the slot goes on. It is found by the hours of its events (`first_hour`, `last_hour`), whatever
 * slot it is in: late and historical events land in later slots.
 */
export interface Rollup extends Formatted {
  /** `rollup.<part>` */
  readonly id: string;
  readonly org_id: string;
  readonly slot: string;
  readonly kind: "rollup";
  readonly part: number;
  readonly seq: number;
  readonly sealed: boolean;
  readonly counts: CountTable;
  /** Outcomes by hour of receipt. */
  readonly outcomes: readonly OutcomeRow[];
  readonly first_hour: Hour | null;
  readonly last_hour: Hour | null;
}

/** A slot's next part, before anything is merged into it. */
export function emptyRollup(orgId: string, slot: string, part: number): Rollup {
  return {
    id: `rollup.${part}`,
    org_id: orgId,
    slot,
    kind: "rollup",
    part,
    seq: 0,
    sealed: false,
    counts: { types: [], rows: [] },
    outcomes: [],
    first_hour: null,
    last_hour: null,
  };
}

/** The rollup with these entries added, as its next change. */
export function addEntries(rollup: Rollup, entries: readonly LedgerEntry[]): Rollup {
  const counts: EventCounts = new Map();
  addTable(counts, rollup.counts);
  const outcomes = new Map<Hour, OutcomeCounts>(rollup.outcomes.map(([hour, ...counted]) => [hour, counted]));
  for (const entry of entries) {
    addTable(counts, entry.counts);
    outcomes.set(entry.received_hour, addOutcomes(outcomes.get(entry.received_hour), entry.outcomes));
  }
  const table = toTable(counts);
  const span = spanOf(table);
  return {
    ...rollup,
    seq: rollup.seq + 1,
    counts: table,
    outcomes: [...outcomes].sort(([a], [b]) => a - b).map(([hour, counted]) => [hour, ...counted] as const),
    first_hour: span?.first ?? null,
    last_hour: span?.last ?? null,
  };
}

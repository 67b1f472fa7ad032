import type { Formatted } from "../store/formats.ts";
import { type CountTable, type Hour, spanOf } from "./event-counts.ts";
import { addedBy, sumUp } from "./head-sums.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import type { OutcomeRow } from "./outcome-counts.ts";

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
  const sums = sumUp([rollup, ...entries.map(addedBy)]);
  const span = spanOf(sums.counts);
  return { ...rollup, seq: rollup.seq + 1, ...sums, first_hour: span?.first ?? null, last_hour: span?.last ?? null };
}

import type { Formatted } from "../store/formats.ts";
import type { CountTable, Hour } from "./event-counts.ts";
import type { OutcomeRow } from "./outcome-counts.ts";

/*
 * The ledger as 0.7.0 writes it, and as every release from 0.6.0 on reads it: an entry that never changes, beside it
 * what it adds, and the sum of what was added before (docs/adr/0038).
 */

/** What entries add to the account that were created together with it. It is there until a merge has taken it up. */
export interface Delta extends Formatted {
  /** `d.<random>` */
  readonly id: string;
  readonly org_id: string;
  readonly slot: string;
  readonly kind: "delta";
  /** Ids of the entries. */
  readonly of: readonly string[];
  readonly counts: CountTable;
  readonly outcomes: readonly OutcomeRow[];
}

interface Sums extends Formatted {
  readonly id: string;
  readonly org_id: string;
  readonly slot: string;
  readonly counts: CountTable;
  readonly outcomes: readonly OutcomeRow[];
  /** Span of `counts`, and of a head also of its parts': a range that has any of them has it. Null when it is empty. */
  readonly first_hour: Hour | null;
  readonly last_hour: Hour | null;
}

/** The sum of the deltas of a slot that were taken up, but for what its parts hold. */
export interface Head extends Sums {
  readonly id: "head";
  readonly kind: "head";
  /** How many parts there are. */
  readonly n: number;
  /** How many entries it and its parts hold. */
  readonly m: number;
  /** Names the repair that is at work, or that was and did not end. No merge changes the slot meanwhile. */
  readonly hold?: string;
}

/** What a head was when it had grown large. It never changes. */
export interface Part extends Sums {
  /** `part.<number>`, from 0 */
  readonly id: string;
  readonly kind: "part";
}

import type { Meter } from "./pattern/meter.ts";

/** Judging one value: what it may still cost, and the first fault. A fault's place is told while checks return. */
export interface Run extends Meter {
  /** Names and indexes that lead to it, the innermost first. */
  path: (string | number)[];
  found: unknown;
  expected: string;
}

/** Thrown when the meter has run out: one for all, since it says nothing of where. */
export const runOut = new Error("judging takes too many steps");

/**
 * Whether a value fits. When it does not, the run says why.
 *
 * @param seen gets what was looked at of an object or an array, where a schema around asks for it
 */
export type Check = (value: unknown, run: Run, seen?: Seen) => boolean;

/** In the place of a value that a privacy rule has changed: what it was has been judged, and nobody can any more. */
export const MASKED: unknown = Object.freeze({});

/** What `unevaluatedProperties` and `unevaluatedItems` need not look at any more. */
export class Seen {
  readonly names = new Set<string>();
  readonly indexes = new Set<number>();
  allNames = false;
  /** As many items from the first on. */
  items = 0;

  add(other: Seen): void {
    for (const name of other.names) this.names.add(name);
    for (const index of other.indexes) this.indexes.add(index);
    this.allNames ||= other.allNames;
    this.items = Math.max(this.items, other.items);
  }
}

export function spend(run: Run, steps: number): void {
  run.left -= steps;
  if (run.left < 0) throw runOut;
}

/** Characters are looked at by a tight loop: 16 of them count as one step. */
export function spendOnText(run: Run, text: string): void {
  spend(run, 1 + text.length / 16);
}

export function fail(run: Run, found: unknown, expected: string): false {
  run.path = [];
  run.found = found;
  run.expected = expected;
  return false;
}

/** A fault of what stands under a name or an index. */
export function failWithin(run: Run, name: string | number): false {
  run.path.push(name);
  return false;
}

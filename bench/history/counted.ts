import { add, createFloor, type Floor, type Least } from "./floor.ts";
import type { Cell, Instance, Judge } from "./step.ts";

/** Counts of one org by cell: between what was settled before a reading began, and what was sent before it ended. */
export interface Counted {
  /** So many more may be counted from now on. */
  allow(cell: Cell, count: number): void;
  /** So many more are settled, as an answer of this instance says. */
  settle(cell: Cell, count: number, at: number, instance: Instance): void;
  /** For a reading that begins at `at`. */
  begin(at: number): Judge;
}

interface State {
  allowed: number;
  readonly settled: Floor;
  /** The most that a reading has shown. */
  readonly shown: Floor;
}

/** `boundless`: the cells whose counts have no upper bound. */
export function createCounted(what: string, lagMs: number, boundless: readonly Cell[] = []): Counted {
  const cells = new Map<Cell, State>();
  const stateOf = (cell: Cell): State => {
    const allowed = boundless.includes(cell) ? Number.POSITIVE_INFINITY : 0;
    const state = cells.get(cell) ?? {
      allowed,
      settled: createFloor(add, lagMs),
      shown: createFloor(Math.max, lagMs),
    };
    cells.set(cell, state);
    return state;
  };

  function judgeCell(cell: Cell, count: number, least: number): string[] {
    const { allowed } = stateOf(cell);
    if (count > allowed) return [`${what} count ${count} of ${cell}, and ${allowed} were sent`];
    if (count < least) return [`${what} count ${count} of ${cell}, though ${least} were settled or read before`];
    return [];
  }

  return {
    allow: (cell, count) => {
      stateOf(cell).allowed += count;
    },
    settle: (cell, count, at, instance) => stateOf(cell).settled.add(count, at, instance),
    begin: (at) => {
      const least = new Map([...cells].map(([cell, state]) => [cell, leastOf(state, at)]));
      return (found, ended, instance) => {
        if (!("counts" in found)) return [];
        const { counts } = found;
        const wrong = [...new Set([...least.keys(), ...counts.keys()])].flatMap((cell) =>
          judgeCell(cell, counts.get(cell) ?? 0, least.get(cell)?.(instance) ?? 0),
        );
        for (const [cell, count] of counts) stateOf(cell).shown.add(count, ended, instance);
        return wrong;
      };
    },
  };
}

function leastOf({ settled, shown }: State, at: number): Least {
  const [bySettled, byShown] = [settled.at(at), shown.at(at)];
  return (instance) => Math.max(bySettled(instance), byShown(instance));
}

import type { Meter } from "./meter.ts";
import type { PatternProgram, PatternStep } from "./pattern-program.ts";

/** A set of places in a program: where it may be after what was read. */
export interface State {
  readonly places: readonly number[];
  readonly matches: boolean;
  matchesAtEnd: boolean | undefined;
  /** By the kind of the code point that is read. */
  readonly next: (State | undefined)[];
}

/** What a state takes besides its places, as so many of them. */
const OF_STATE = 16;

/** The states of a pattern's deterministic automaton. Each is made when a text first comes to it. */
export interface States {
  /** Before the first character. */
  start(meter: Meter): State;
  /** After a character. `fits`: which atoms match it. */
  after(state: State, fits: Uint8Array | undefined, meter: Meter): State;
  endsIn(state: State, meter: Meter): boolean;
}

/** `most`: places in the states that are remembered at once. Then all are forgotten, but for the one in use. */
export function createStates({ steps, first }: PatternProgram, most: number): States {
  const known = new Map<string, State>();
  let size = 0;
  let start: State | undefined;
  const make = (from: readonly number[], atStart: boolean, meter: Meter): State => {
    const places = follow(steps, from, atStart, false);
    meter.left -= 2 * (places.length + from.length + 1);
    const key = places.join();
    const same = atStart ? undefined : known.get(key);
    if (same) return same;
    // At its start a text may be at its end as well.
    const matchesAtEnd = atStart ? hasMatch(steps, follow(steps, from, true, true)) : undefined;
    const state: State = { places, matches: hasMatch(steps, places), matchesAtEnd, next: [] };
    if (atStart) return state;
    if (size > most) {
      known.clear();
      size = 0;
      start = undefined;
    }
    size += places.length + OF_STATE;
    known.set(key, state);
    return state;
  };
  return {
    start: (meter) => {
      start ??= make([first], true, meter);
      return start;
    },
    after: ({ places }, fits, meter) => {
      const after: number[] = [];
      for (const place of places) {
        const step = steps[place];
        if (step?.is === "atom" && fits?.[step.atom]) after.push(step.next);
      }
      meter.left -= places.length;
      // What matches may begin anywhere.
      after.push(first);
      return make(after, false, meter);
    },
    endsIn: (state, meter) => {
      meter.left -= state.places.length;
      state.matchesAtEnd ??= hasMatch(steps, follow(steps, state.places, false, true));
      return state.matches || state.matchesAtEnd;
    },
  };
}

function hasMatch(steps: readonly PatternStep[], places: readonly number[]): boolean {
  return places.some((place) => steps[place]?.is === "match");
}

/** The places that are reached without reading; of those that only lead on, none. In order, each once. */
function follow(steps: readonly PatternStep[], from: readonly number[], atStart: boolean, atEnd: boolean): number[] {
  const seen = new Set<number>();
  const waiting = [...from];
  const places: number[] = [];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    if (seen.has(place)) continue;
    seen.add(place);
    const step = steps[place];
    if (step?.is === "fork") waiting.push(step.next, step.other);
    else if (step?.is === "start") {
      if (atStart) waiting.push(step.next);
    } else if (step?.is === "end" && atEnd) waiting.push(step.next);
    else places.push(place);
  }
  return places.sort((a, b) => a - b);
}

import { literalOf, type PatternProgram, type PatternStep } from "./pattern-program.ts";

/** Work that may still be done. */
export interface Meter {
  left: number;
}

/** Whether a text has what matches, anywhere in it unless the pattern says where. */
export type MatchPattern = (text: string, meter: Meter) => boolean;

/** A set of places in a program: where it may be after what was read. */
interface State {
  readonly places: readonly number[];
  readonly matches: boolean;
  matchesAtEnd: boolean | undefined;
  /** By the kind of the code point that is read. */
  readonly next: (State | undefined)[];
}

/** Kinds of code points that are told apart: a text with more of them is not matched to its end. */
const MOST_KINDS = 1_024;
/** What a state takes besides its places, as so many of them. */
const OF_STATE = 16;
/** Code points are remembered by pages, of as many. */
const PAGE = 1_024;
const MOST_PAGES = 16;
/** Characters read along known states for one unit of work. */
const READ_AT_ONCE = 16;

/**
 * Matches by a deterministic automaton that is made while texts are read. Each character is read once. A state that is
 * known costs next to nothing, a new one as many units of the meter as the program has places in it. The caller looks
 * whether the meter has run out, and so does this: it then gives false.
 *
 * @param most places in the states that are remembered at once
 */
export function createMatcher(program: PatternProgram, most: number): MatchPattern {
  const { steps, first } = program;
  const kindOf = createKinds(program.atoms);
  let states = new Map<string, State>();
  let size = 0;
  let start: State | undefined;

  const forget = (): void => {
    states = new Map();
    size = 0;
    start = undefined;
  };
  const stateOf = (from: readonly number[], atStart: boolean, meter: Meter): State => {
    const places = follow(steps, from, atStart, false);
    meter.left -= 2 * (places.length + from.length + 1);
    const key = places.join();
    const known = atStart ? undefined : states.get(key);
    if (known) return known;
    if (size > most) forget();
    size += places.length + OF_STATE;
    const matches = places.some((place) => steps[place]?.is === "match");
    // At its start a text may be at its end as well.
    const matchesAtEnd = atStart ? endsIn(steps, follow(steps, from, true, true)) : undefined;
    const state: State = { places, matches, matchesAtEnd, next: [] };
    if (!atStart) states.set(key, state);
    return state;
  };
  const step = ({ places }: State, kind: number, meter: Meter): State => {
    const fits = kindOf.all[kind];
    const after: number[] = [];
    for (const place of places) {
      const one = steps[place];
      if (one?.is === "atom" && fits?.[one.atom]) after.push(one.next);
    }
    meter.left -= places.length;
    // What matches may begin anywhere.
    after.push(first);
    return stateOf(after, false, meter);
  };

  return (text, meter) => {
    start ??= stateOf([first], true, meter);
    let state = start;
    meter.left -= Math.ceil(text.length / READ_AT_ONCE);
    for (let i = 0; i < text.length && meter.left >= 0; i++) {
      if (state.matches) return true;
      if (state.places.length === 0) return false;
      const code = text.codePointAt(i) ?? 0;
      if (code > 0xffff) i++;
      const kind = kindOf.find(code, meter);
      if (kind < 0) meter.left = -1;
      const next = state.next[kind] ?? step(state, kind, meter);
      state.next[kind] = next;
      state = next;
    }
    if (meter.left < 0) return false;
    meter.left -= state.places.length;
    state.matchesAtEnd ??= endsIn(steps, follow(steps, state.places, false, true));
    return state.matches || state.matchesAtEnd;
  };
}

function endsIn(steps: readonly PatternStep[], places: readonly number[]): boolean {
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

interface Kinds {
  /** Of each kind, which atoms fit. */
  readonly all: readonly Uint8Array[];
  /** The kind of a code point; -1 when there are too many. */
  find(code: number, meter: Meter): number;
}

/** Code points that fit the same atoms are of one kind. V8 tells of one code point whether it fits one atom. */
function createKinds(atoms: readonly string[]): Kinds {
  const tests = atoms.map(testOf);
  const all: Uint8Array[] = [];
  const byFit = new Map<string, number>();
  const pages = new Map<number, Int16Array<ArrayBuffer>>();
  let lastNumber = -1;
  let last = new Int16Array(0);
  const openPage = (number: number): Int16Array<ArrayBuffer> => {
    lastNumber = number;
    last = pages.get(number) ?? new Int16Array(PAGE).fill(-1);
    if (pages.size >= MOST_PAGES && !pages.has(number)) pages.clear();
    pages.set(number, last);
    return last;
  };
  const look = (code: number, meter: Meter): number => {
    meter.left -= 1 + tests.length;
    const character = String.fromCodePoint(code);
    const fits = Uint8Array.from(tests, (test) => Number(test(character)));
    const key = fits.join("");
    const kind = byFit.get(key) ?? all.length;
    if (kind === MOST_KINDS) return -1;
    byFit.set(key, kind);
    all[kind] = fits;
    return kind;
  };
  return {
    all,
    find: (code, meter) => {
      const number = Math.floor(code / PAGE);
      const page = number === lastNumber ? last : openPage(number);
      const known = page[code % PAGE] ?? -1;
      if (known >= 0) return known;
      const kind = look(code, meter);
      page[code % PAGE] = kind;
      return kind;
    },
  };
}

/** The text of an atom matches exactly one code point, and V8 matches it without going back. */
function testOf(atom: string): (character: string) => boolean {
  const literal = literalOf(atom);
  if (literal !== undefined) return (character) => character === literal;
  const expression = new RegExp(`^${atom}$`, "u");
  // V8 compiles it at the first text of each width. That is a part of compiling the schema, and not of judging an event.
  expression.test("a");
  expression.test("\u0416");
  return (character) => expression.test(character);
}

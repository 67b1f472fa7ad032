import type { Meter } from "./meter.ts";
import { literalOf } from "./pattern-program.ts";

/** Kinds of code points that are told apart: a text with more of them is not matched to its end. */
const MOST_KINDS = 1_024;
/** Code points are remembered by pages, of two to the power of so many. */
const PAGE_BITS = 10;
const PAGE = 2 ** PAGE_BITS;
const MOST_PAGES = 16;

/** Code points, told apart by what a pattern has for one. */
export interface Kinds {
  /** Of each kind, which atoms fit. */
  readonly all: readonly Uint8Array[];
  /** The kind of a code point; -1 when there are too many. */
  find(code: number, meter: Meter): number;
}

/** Code points that fit the same atoms are of one kind. V8 tells of one code point whether it fits one atom. */
export function createKinds(atoms: readonly string[]): Kinds {
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
      const number = code >> PAGE_BITS;
      const page = number === lastNumber ? last : openPage(number);
      const known = page[code & (PAGE - 1)] ?? -1;
      if (known >= 0) return known;
      const kind = look(code, meter);
      page[code & (PAGE - 1)] = kind;
      return kind;
    },
  };
}

/** The text of an atom matches exactly one code point, and V8 matches it without going back. */
function testOf(atom: string): (character: string) => boolean {
  const literal = literalOf(atom);
  if (literal !== undefined) return (character) => character === literal;
  const expression = new RegExp(`^${atom}$`, "u");
  // V8 compiles it at the first text of each width: a part of compiling the schema, and not of judging an event.
  expression.test("a");
  expression.test("\u0416");
  return (character) => expression.test(character);
}

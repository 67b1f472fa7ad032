import type { Turns } from "../runtime/turn.ts";
import {
  beginsNumber,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  endOfNumber,
  endOfString,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipInTurns,
  skipSpace,
} from "./json-bytes.ts";
import type { EventProblem } from "./raw-batch.ts";
import { LONG_NUMBER, shortNumber } from "./shorten-numbers.ts";

/** An array or object that is open: the place in it, and the names that an object has had. */
interface Open {
  key: string | number;
  readonly names?: Set<string>;
}

/**
 * The first thing in an event that `JSON.parse` changes in silence: a name that stands twice, of whose values it keeps
 * the last, or an integer that a double cannot hold. `bytes` are sound JSON. Slow; made for the few events of which a
 * survey says that there may be one.
 */
export async function inspectEvent(bytes: Buffer, turns: Turns): Promise<EventProblem | undefined> {
  const open: Open[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte <= 0x20) continue;
    const inner = open.at(-1);
    if (byte === OPEN_OBJECT) open.push({ key: "", names: new Set() });
    else if (byte === OPEN_ARRAY) open.push({ key: 0 });
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) open.pop();
    else if (byte === COMMA && typeof inner?.key === "number") inner.key++;
    else if (beginsNumber(byte)) {
      const end = await skipInTurns(endOfNumber, bytes, i, turns);
      const short = end - i >= LONG_NUMBER ? await shortNumber(bytes, i, end, turns) : undefined;
      if (!isKept(short ?? bytes.toString("latin1", i, end))) return notExact(open);
      i = end - 1;
    } else if (byte === QUOTE) {
      const end = endOfString(bytes, i, bytes.length);
      if (inner?.names && bytes[skipSpace(bytes, end + 1)] === COLON) {
        inner.key = String(JSON.parse(bytes.toString("utf8", i, end + 1)));
        if (inner.names.has(inner.key)) return repeated(open);
        inner.names.add(inner.key);
      }
      i = end;
    }
    if (turns.isOver()) await turns.next();
  }
  return undefined;
}

/**
 * Whether a number is answered as it was sent: digit for digit when it is an integer. A fraction is rounded by every
 * reader of JSON, and one too large for a double is told elsewhere.
 */
function isKept(sent: string): boolean {
  const value = Number(sent);
  if (!Number.isFinite(value)) return true;
  const own = toDigits(sent);
  const read = toDigits(String(value));
  return own.exponent < 0 || (own.digits === read.digits && own.exponent === read.exponent);
}

/** A number as `digits × 10^exponent` without a 0 at either end: negative for a fraction. 0 has no digits. */
function toDigits(text: string): { readonly digits: string; readonly exponent: number } {
  const [, whole = "", fraction = "", power = "0"] = /^-?(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = `${whole}${fraction}`;
  let [from, to] = [0, all.length];
  while (all[from] === "0") from++;
  while (to > from && all[to - 1] === "0") to--;
  if (from === to) return { digits: "", exponent: 0 };
  return { digits: all.slice(from, to), exponent: Number(power) - fraction.length + (all.length - to) };
}

function notExact(open: readonly Open[]): EventProblem {
  return {
    code: "number_not_exact",
    path: pathOf(open),
    message: "the integer has more digits than a double holds: send it as text",
  };
}

function repeated(open: readonly Open[]): EventProblem {
  const message = "the name stands twice in one object, and only one of the values could be kept";
  return { code: "repeated_name", path: pathOf(open), message };
}

function pathOf(open: readonly Open[]): string {
  const path = open.map(({ key }) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("");
  return path.replace(/^\./, "");
}

import { AppError } from "../errors.ts";
import { countDifferentNames } from "./count-different-names.ts";
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
} from "./json-bytes.ts";

/**
 * Bounds of the JSON in a body, held to before anything is parsed: beyond them the work of parsing and checking grows
 * faster than the bytes. `JSON.parse` takes seconds for a million different names, and for 20 MB of `[`.
 */
export const bodyBounds = {
  nesting: 100,
  /** In one object. */
  namesOfObject: 5_000,
  /** In the whole body. */
  names: 250_000,
  /** As they are written, in the whole body: V8 makes a shape of an object for each. */
  differentNames: 50_000,
  /** Members and elements in the whole body. */
  values: 1_000_000,
} as const;

/**
 * What JSON bytes hold, told without parsing them; what is beyond a bound is not counted any further. Bytes that are
 * not JSON have some survey too.
 */
export interface Survey {
  /** How deep arrays and objects are nested. */
  readonly nesting: number;
  readonly names: number;
  /** The most names that one object has. */
  readonly namesOfObject: number;
  readonly values: number;
  /** Whether a number may be an integer that `JSON.parse` reads as another one. */
  readonly mayRound: boolean;
}

/** A double holds any 15 digits. */
const UNSAFE_DIGITS = 16;

/** Names met so far in each open object. Kept: a new one for each body or line would be work for nothing. */
const namesAt = new Uint32Array(bodyBounds.nesting + 1);

/** One pass over the bytes: it is made over every body, and so costs little more than looking at each. */
export function surveyJson(bytes: Buffer, from = 0, to = bytes.length): Survey {
  let [depth, nesting, names, namesOfObject, values] = [0, 0, 0, 0, 0];
  let mayRound = false;
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0;
    if (byte <= 0x20) continue;
    if (byte === QUOTE) i = endOfString(bytes, i, to);
    else if (byte === COMMA) {
      if (++values > bodyBounds.values) break;
    } else if (byte === COLON) {
      if (++names > bodyBounds.names) break;
      const own = (namesAt[depth] ?? 0) + 1;
      namesAt[depth] = own;
      if (own > namesOfObject) namesOfObject = own;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (++depth > nesting) nesting = depth;
      if (++values > bodyBounds.values || depth > bodyBounds.nesting) break;
      namesAt[depth] = 0;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (depth > 0) depth--;
    } else if (beginsNumber(byte)) {
      const end = endOfNumber(bytes, i, to);
      if (end - i >= UNSAFE_DIGITS && mayBeUnsafe(bytes, i, end)) mayRound = true;
      i = end - 1;
    }
  }
  return { nesting, names, namesOfObject, values, mayRound };
}

/** Whether a number has 16 digits or more, and is not plainly a fraction. */
function mayBeUnsafe(bytes: Buffer, start: number, end: number): boolean {
  let digits = 0;
  let [point, exponent] = [false, false];
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte >= 0x30 && byte <= 0x39) digits++;
    else if (byte === 0x2e) point = true;
    else if ((byte | 0x20) === 0x65) exponent = true;
  }
  // The shortest text of a fraction does not end in 0.
  return digits >= UNSAFE_DIGITS && (!point || exponent || bytes[end - 1] === 0x30);
}

/** Throws AppError `too_deep`, `too_many_names` or `too_many_values` for JSON that is not to be parsed. */
export function checkBounds({ nesting, names, namesOfObject, values }: Omit<Survey, "mayRound">): void {
  if (nesting > bodyBounds.nesting)
    throw new AppError("too_deep", `the body has JSON nested more than ${bodyBounds.nesting} deep`);
  if (namesOfObject > bodyBounds.namesOfObject) throw tooManyNames("an object has", bodyBounds.namesOfObject);
  if (names > bodyBounds.names) throw tooManyNames("the body has", bodyBounds.names);
  if (values <= bodyBounds.values) return;
  const limit = bodyBounds.values;
  throw new AppError("too_many_values", `the body has more than ${limit} values`, { members: { limit } });
}

/** Throws AppError `too_many_names` for a body with too many different ones. */
export function checkDifferentNames(bytes: Buffer, { names }: Pick<Survey, "names">): void {
  const limit = bodyBounds.differentNames;
  if (names > limit && countDifferentNames(bytes, limit) > limit) throw tooManyNames("the body has different", limit);
}

function tooManyNames(what: string, limit: number): AppError {
  const detail = `${what} names, more than ${limit}`;
  return new AppError("too_many_names", detail, { members: { limit } });
}

import { AppError } from "../errors.ts";
import type { Turns } from "../runtime/turn.ts";
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
  POINT,
  QUOTE,
  SLICE,
} from "./json-bytes.ts";
import { LONG_NUMBER } from "./shorten-numbers.ts";

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
  values: 500_000,
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
  /** Whether a number is longer than `LONG_NUMBER`. */
  readonly longNumbers: boolean;
  /** Where a string begins that has no end. */
  readonly endless: number | undefined;
}

/** A survey as far as it has come. */
type Begun = { -readonly [Key in keyof Survey]: Survey[Key] } & {
  at: number;
  /** Arrays and objects that are open. */
  depth: number;
  /** Names met so far in each of them. */
  readonly namesAt: Uint32Array;
};

/** A double holds any 15 digits. */
const UNSAFE_DIGITS = 16;

/** Kept: a new one for each small body or line would be work for nothing. */
const namesAt = new Uint32Array(bodyBounds.nesting + 1);

/** One pass over the bytes: it is made over every body, and so costs little more than looking at each. */
export function surveyJson(bytes: Buffer): Survey {
  const survey = begin(namesAt);
  goOn(survey, bytes, bytes.length);
  return survey;
}

/** The same, of a body of any size: others have their turns in between. */
export async function surveyInTurns(bytes: Buffer, turns: Turns): Promise<Survey> {
  if (bytes.length <= SLICE) return surveyJson(bytes);
  const survey = begin(new Uint32Array(namesAt.length));
  while (survey.at < bytes.length) {
    goOn(survey, bytes, Math.min(bytes.length, survey.at + SLICE));
    if (turns.isOver()) await turns.next();
  }
  return survey;
}

function begin(namesAt: Uint32Array): Begun {
  const counts = { nesting: 0, names: 0, namesOfObject: 0, values: 0, mayRound: false };
  return { ...counts, longNumbers: false, endless: undefined, at: 0, depth: 0, namesAt };
}

/**
 * Ends at `to`, or behind the text or number that `to` is in; at the end of the bytes if a bound was met. The rest of a
 * long number is counted as another one.
 */
function goOn(survey: Begun, bytes: Buffer, to: number): void {
  const { namesAt } = survey;
  let { depth, nesting, names, namesOfObject, values } = survey;
  let i = survey.at;
  for (; i < to; i++) {
    const byte = bytes[i] ?? 0;
    if (byte <= 0x20) continue;
    if (byte === QUOTE) {
      const start = i;
      i = endOfString(bytes, start, bytes.length);
      if (i === bytes.length) survey.endless = start;
    } else if (byte === COMMA) {
      if (++values > bodyBounds.values) i = bytes.length;
    } else if (byte === COLON) {
      if (++names > bodyBounds.names) i = bytes.length;
      const own = (namesAt[depth] ?? 0) + 1;
      namesAt[depth] = own;
      if (own > namesOfObject) namesOfObject = own;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (++depth > nesting) nesting = depth;
      if (++values > bodyBounds.values || depth > bodyBounds.nesting) i = bytes.length;
      namesAt[depth] = 0;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (depth > 0) depth--;
    } else if (beginsNumber(byte)) {
      const end = endOfNumber(bytes, i, Math.min(bytes.length, to + LONG_NUMBER));
      if (end - i >= LONG_NUMBER) survey.longNumbers = true;
      if (end - i >= UNSAFE_DIGITS && mayBeUnsafe(bytes, i, end)) survey.mayRound = true;
      i = end - 1;
    }
  }
  Object.assign(survey, { at: i, depth, nesting, names, namesOfObject, values });
}

/** Whether a number has 16 digits or more, and is not plainly a fraction. A long one is looked at later. */
function mayBeUnsafe(bytes: Buffer, start: number, end: number): boolean {
  if (end - start >= LONG_NUMBER) return true;
  let digits = 0;
  let [point, exponent] = [false, false];
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte >= 0x30 && byte <= 0x39) digits++;
    else if (byte === POINT) point = true;
    else if ((byte | 0x20) === 0x65) exponent = true;
  }
  // The shortest text of a fraction does not end in 0.
  return digits >= UNSAFE_DIGITS && (!point || exponent || bytes[end - 1] === 0x30);
}

/** Throws AppError `too_deep`, `too_many_names` or `too_many_values` for JSON that is not to be parsed. */
export function checkBounds({
  nesting,
  names,
  namesOfObject,
  values,
}: Pick<Survey, "nesting" | "names" | "namesOfObject" | "values">): void {
  if (nesting > bodyBounds.nesting)
    throw new AppError("too_deep", `the body has JSON nested more than ${bodyBounds.nesting} deep`);
  if (namesOfObject > bodyBounds.namesOfObject) throw tooManyNames("an object has", bodyBounds.namesOfObject);
  if (names > bodyBounds.names) throw tooManyNames("the body has", bodyBounds.names);
  if (values <= bodyBounds.values) return;
  const limit = bodyBounds.values;
  throw new AppError("too_many_values", `the body has more than ${limit} values`, { members: { limit } });
}

/** Throws AppError `too_many_names` for a body with too many different ones. */
export async function checkDifferentNames(
  bytes: Buffer,
  { names }: Pick<Survey, "names">,
  turns: Turns,
): Promise<void> {
  const limit = bodyBounds.differentNames;
  if (names <= limit) return;
  await turns.pause();
  if ((await countDifferentNames(bytes, limit, turns)) > limit) throw tooManyNames("the body has different", limit);
}

function tooManyNames(what: string, limit: number): AppError {
  const detail = `${what} names, more than ${limit}`;
  return new AppError("too_many_names", detail, { members: { limit } });
}

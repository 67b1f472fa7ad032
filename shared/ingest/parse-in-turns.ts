import { parseJson } from "../runtime/parse-json.ts";
import type { Turns } from "../runtime/turn.ts";
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  endOfString,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SLICE,
  skipInTurns,
  skipSpace,
} from "./json-bytes.ts";

export interface ParseOptions {
  /** Parses each piece. Throws SyntaxError as `JSON.parse` does. */
  readonly parse?: (text: string) => unknown;
  /** Bytes that are parsed at a stretch, unless one text or number is longer. 64 KiB take about 1 ms. */
  readonly piece?: number;
  /**
   * How many arrays and objects within each other are cut; what is deeper is parsed in one go. Each is looked through
   * for its end, so that the most work is this many times the bytes. A value of `properties` is at the fifth.
   */
  readonly levels?: number;
}

/** What every step needs. */
interface Reading extends Required<ParseOptions> {
  readonly bytes: Buffer;
  readonly turns: Turns;
}

/** Elements or members with the commas between them. White space may stand behind them. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly isFirst: boolean;
  /** Whether it is more than a piece, and so one alone, and is to be cut. */
  readonly isLarge: boolean;
}

/**
 * What `JSON.parse` makes of the same text, or the SyntaxError that it throws; others have their turns in between. Of
 * an array or object that is larger than a piece, as many elements or members as fit are parsed at once; what is larger
 * by itself, likewise. The whole is sound when each of these runs is, and a comma stands between each two.
 *
 * @param bytes UTF-8, nested no deeper than a body may be
 */
export async function parseInTurns(bytes: Buffer, turns: Turns, options: ParseOptions = {}): Promise<unknown> {
  const { parse = parseJson, piece = SLICE, levels = 8 } = options;
  const start = await skipInTurns(skipSpace, bytes, 0, turns);
  return parseValue({ bytes, turns, parse, piece, levels }, start, bytes.length);
}

/** An array or object that is read, and what text is as sound as all that was before a place in it. */
interface Frame {
  readonly close: number;
  /** Before its first element or member, before a later one, and behind one. */
  readonly first: string;
  readonly later: string;
  readonly behind: string;
}

const ARRAY: Frame = { close: CLOSE_ARRAY, first: "[", later: "[0,", behind: "[[]" };
const OBJECT: Frame = { close: CLOSE_OBJECT, first: "{", later: '{"":0,', behind: '{"":[]' };
/** Behind a whole text. */
const NOTHING = "[]";

/** `start` is no white space. `behind`: see `Frame`, of what the value stands in. */
async function parseValue(reading: Reading, start: number, end: number, behind = NOTHING): Promise<unknown> {
  const { bytes, turns, parse, piece, levels } = reading;
  if (end - start > piece && levels > 0) {
    const inner = { ...reading, levels: levels - 1 };
    if (bytes[start] === OPEN_ARRAY) return parseArray(inner, start, end, behind);
    if (bytes[start] === OPEN_OBJECT) return parseObject(inner, start, end, behind);
  }
  await turns.pause();
  return parse(bytes.toString("utf8", start, end));
}

async function parseArray(reading: Reading, start: number, end: number, behind: string): Promise<unknown[]> {
  const array: unknown[] = [];
  for await (const run of runsOf(reading, ARRAY, start, end, behind)) {
    if (run.isLarge && opens(reading.bytes[run.from])) {
      array.push(await parseValue(reading, run.from, run.to, ARRAY.behind));
      continue;
    }
    await reading.turns.pause();
    append(array, parseRun(reading, ARRAY, run) as unknown[]);
  }
  return array;
}

/** In a function of its own, which V8 makes fast at once. */
function append(array: unknown[], more: readonly unknown[]): void {
  for (let i = 0; i < more.length; i++) array.push(more[i]);
}

async function parseObject(reading: Reading, start: number, end: number, behind: string): Promise<object> {
  const { bytes, turns } = reading;
  const object = {};
  for await (const run of runsOf(reading, OBJECT, start, end, behind)) {
    await turns.pause();
    const value = run.isLarge ? startOfValue(reading, run) : run.to;
    const before = value < run.to ? `${bytes.toString("utf8", run.from, value)}0` : undefined;
    for (const [name, inner] of Object.entries(parseRun(reading, OBJECT, run, before)))
      keep(object, name, before ? await parseValue(reading, value, run.to, OBJECT.behind) : inner);
  }
  return object;
}

/** Throws SyntaxError for what is not sound, and where there is nothing. */
function parseRun(
  reading: Reading,
  { close, first, later }: Frame,
  { from, to, isFirst }: Run,
  text = reading.bytes.toString("utf8", from, to),
): object {
  const before = isFirst ? first : later;
  try {
    const run = reading.parse(`${first}${text}${String.fromCharCode(close)}`) as object;
    if ((Array.isArray(run) ? run : Object.keys(run)).length > 0) return run;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return fail(reading, before, from, Math.min(to + NEAR, reading.bytes.length));
}

/** As `JSON.parse` does: a name that has its place keeps it, and `__proto__` is a name like any other. */
function keep(object: object, name: string, value: unknown): void {
  if (name !== "__proto__") (object as Record<string, unknown>)[name] = value;
  else Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true });
}

function opens(byte: number | undefined): boolean {
  return byte === OPEN_ARRAY || byte === OPEN_OBJECT;
}

/** Where the large array or object begins that is the value of a member; where the member ends when there is none. */
function startOfValue({ bytes, piece }: Reading, { from, to }: Run): number {
  const colon = bytes[from] === QUOTE ? skipSpace(bytes, endOfString(bytes, from, to) + 1, to) : to;
  const value = bytes[colon] === COLON ? skipSpace(bytes, colon + 1, to) : to;
  return to - value > piece && opens(bytes[value]) ? value : to;
}

/** A run that is looked for. */
interface Search {
  from: number;
  at: number;
  /** Arrays and objects within that are open. */
  depth: number;
  /** Where the run may end, at a comma; -1 when there is none yet. */
  comma: number;
}

/** Goes on to where it is known that a run ends: at its comma, or here where all ends. False at `to`. */
function search(run: Search, { bytes, piece }: Reading, to: number, end: number): boolean {
  let { at, depth, comma } = run;
  let found = false;
  for (; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte > COMMA && byte < OPEN_ARRAY) continue;
    if (byte === QUOTE) at = endOfString(bytes, at, end);
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth++;
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      found = depth === 0;
      if (found) break;
      depth--;
    } else if (byte === COMMA && depth === 0) {
      const fits = at - run.from <= piece;
      if (fits || comma === -1) comma = at;
      found = !fits;
      if (found) break;
    }
  }
  Object.assign(run, { at, depth, comma });
  return found;
}

/** The runs of an array or object. Throws SyntaxError when it does not end as it should, or something is behind it. */
async function* runsOf(
  reading: Reading,
  frame: Frame,
  start: number,
  end: number,
  behind: string,
): AsyncGenerator<Run> {
  const { bytes, turns, piece, levels } = reading;
  const first = await skipInTurns(skipSpace, bytes, start + 1, turns, end);
  const run: Search = { from: first, at: first, depth: 0, comma: -1 };
  for (let isFirst = true; ; isFirst = false) {
    while (!search(run, reading, Math.min(end, run.at + SLICE), end)) {
      if (run.at >= end) fail(reading, isFirst ? frame.first : frame.later, run.from, end);
      if (turns.isOver()) await turns.next();
    }
    const { from, at, comma } = run;
    const isLast = bytes[at] !== COMMA && (comma === -1 || at - from <= piece);
    const to = isLast ? at : comma;
    if (to > from || !isLast || !isFirst) yield { from, to, isFirst, isLarge: levels > 0 && to - from > piece };
    if (isLast) break;
    run.from = await skipInTurns(skipSpace, bytes, comma + 1, turns, end);
    run.at = Math.max(at, run.from);
    run.comma = -1;
  }
  const { at } = run;
  if (bytes[at] !== frame.close) fail(reading, at === first ? frame.first : frame.behind, at, end);
  const next = await skipInTurns(skipSpace, bytes, at + 1, turns, end);
  if (next < end) fail(reading, behind, next, end);
}

/** Bytes behind a run that tell `JSON.parse` how a word or number in it ends. */
const NEAR = 64;

/** Throws what `JSON.parse` says of the rest. `before` is as sound as all that is before it. */
function fail({ bytes }: Reading, before: string, from: number, end: number): never {
  JSON.parse(`${before}${bytes.toString("utf8", from, end)}`);
  throw new SyntaxError("Unexpected end of JSON input");
}

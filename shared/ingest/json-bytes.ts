import type { Turns } from "../runtime/turn.ts";

/** The bytes that JSON is made of, and how far its parts reach. `to` is where the bytes end that are looked at. */
export const NEWLINE = 0x0a;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_ARRAY = 0x5b;
export const CLOSE_ARRAY = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
export const MINUS = 0x2d;
export const POINT = 0x2e;
export const ZERO = 0x30;
const BACKSLASH = 0x5c;

/** JSON's white space; nothing else is blank. */
export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;
}

/** Whether a byte outside of strings begins a number. */
export function beginsNumber(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === MINUS;
}

/** The index of the first byte that is not white space. */
export function skipSpace(bytes: Buffer, from: number, to = bytes.length): number {
  let i = from;
  while (i < to && isSpace(bytes[i])) i++;
  return i;
}

/** Bytes between two looks whether a turn is over. */
export const SLICE = 64 * 1024;

/** The same as `skip` up to `to`, whatever it skips; others have their turns in between. */
export async function skipInTurns(
  skip: (bytes: Buffer, from: number, to: number) => number,
  bytes: Buffer,
  from: number,
  turns: Turns,
  to = bytes.length,
): Promise<number> {
  for (let i = from; ; ) {
    const end = Math.min(to, i + SLICE);
    i = skip(bytes, i, end);
    if (i < end || i >= to) return i;
    if (turns.isOver()) await turns.next();
  }
}

/** Bytes of a string that are looked at one by one. In a longer one it is faster to search for its end. */
const NEAR = 256;

/** The index of a string's closing quote; `to` for one that is cut off. */
export function endOfString(bytes: Buffer, start: number, to: number): number {
  for (let i = start + 1; i < to; i++) {
    for (const near = Math.min(to, i + NEAR); i < near; i++) {
      const byte = bytes[i];
      if (byte === QUOTE) return i;
      if (byte === BACKSLASH) i++;
    }
    const from = i;
    i = bytes.indexOf(QUOTE, from);
    if (i === -1 || i >= to) return to;
    if (!isEscaped(bytes, i, from)) return i;
  }
  return to;
}

/** Whether an odd number of backslashes stands before a byte of a string. `from` is no escaped byte. */
function isEscaped(bytes: Buffer, at: number, from: number): boolean {
  let first = at;
  while (first > from && bytes[first - 1] === BACKSLASH) first--;
  return (at - first) % 2 === 1;
}

/** The index behind digits. */
export function skipDigits(bytes: Buffer, from: number, to: number): number {
  let i = from;
  for (; i < to; i++) {
    const byte = bytes[i] ?? 0;
    if (byte < 0x30 || byte > 0x39) break;
  }
  return i;
}

/** The index behind a number. `start` is in it. */
export function endOfNumber(bytes: Buffer, start: number, to: number): number {
  let i = start;
  for (; i < to; i++) {
    const byte = bytes[i] ?? 0;
    const goesOn = (byte >= 0x30 && byte <= 0x39) || byte === POINT || byte === 0x2b || byte === MINUS;
    // `E` and `e` differ in one bit.
    if (!goesOn && (byte | 0x20) !== 0x65) break;
  }
  return i;
}

/** The index behind a value of sound JSON. */
export function endOfValue(bytes: Buffer, start: number): number {
  return createSkipValue()(bytes, start, bytes.length);
}

/** For `skipInTurns`: skips one value of sound JSON. */
export function createSkipValue(): (bytes: Buffer, from: number, to: number) => number {
  let depth = 0;
  let isOver = false;
  return (bytes, from, to) => {
    let i = from;
    for (; i < to && !isOver; i++) {
      const byte = bytes[i] ?? 0;
      // Digits above all: a number may have millions.
      if (byte > COMMA && byte < OPEN_ARRAY) continue;
      if (byte === QUOTE) i = endOfString(bytes, i, bytes.length);
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth++;
      else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
      else if (depth === 0 && (byte === COMMA || isSpace(byte))) depth = -1;
      else continue;
      if (depth > 0) continue;
      isOver = true;
      if (depth < 0) break;
    }
    return Math.min(i, bytes.length);
  };
}

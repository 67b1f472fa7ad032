/** The bytes that JSON is made of, and how far its parts reach. `to` is where the bytes end that are looked at. */
export const NEWLINE = 0x0a;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_ARRAY = 0x5b;
export const CLOSE_ARRAY = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
const MINUS = 0x2d;
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
export function skipSpace(bytes: Buffer, from: number): number {
  let i = from;
  while (i < bytes.length && isSpace(bytes[i])) i++;
  return i;
}

/** The index of a string's closing quote; `to` for one that is cut off. */
export function endOfString(bytes: Buffer, start: number, to: number): number {
  for (let i = start + 1; i < to; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) return i;
    if (byte === BACKSLASH) i++;
  }
  return to;
}

/** The index behind a number. */
export function endOfNumber(bytes: Buffer, start: number, to: number): number {
  let i = start + 1;
  for (; i < to; i++) {
    const byte = bytes[i] ?? 0;
    const goesOn = (byte >= 0x30 && byte <= 0x39) || byte === 0x2e || byte === 0x2b || byte === MINUS;
    // `E` and `e` differ in one bit.
    if (!goesOn && (byte | 0x20) !== 0x65) break;
  }
  return i;
}

/** The index behind a value of sound JSON. */
export function endOfValue(bytes: Buffer, start: number): number {
  const to = bytes.length;
  let depth = 0;
  for (let i = start; i < to; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) i = endOfString(bytes, i, to);
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth++;
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
    else if (depth > 0 || !(byte === COMMA || isSpace(byte))) continue;
    else return i;
    if (depth === 0) return i + 1;
    if (depth < 0) return i;
  }
  return to;
}

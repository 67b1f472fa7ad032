import type { Turns } from "../runtime/turn.ts";
import {
  beginsNumber,
  endOfNumber,
  endOfString,
  MINUS,
  POINT,
  QUOTE,
  skipDigits,
  skipInTurns,
  ZERO,
} from "./json-bytes.ts";

/** Bytes that a number has when it is long. `JSON.parse` takes longer for a digit than for any other byte. */
export const LONG_NUMBER = 1_000;

/** More than 767 digits never tell one double from another, but that there are more (V8 looks at 772). */
const DIGITS = 800;
/** More zeros than a body has bytes: what is multiplied by so many is infinite or 0. */
const MOST_ZEROS = 1e9;

/** The same JSON with each long number written shorter, as one that `JSON.parse` reads as the same double. */
export async function shortenNumbers(bytes: Buffer, turns: Turns): Promise<Buffer> {
  const parts: Buffer[] = [];
  let copied = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === QUOTE) i = endOfString(bytes, i, bytes.length);
    else if (!beginsNumber(byte)) continue;
    else {
      const end = await skipInTurns(endOfNumber, bytes, i, turns);
      const short = end - i >= LONG_NUMBER ? await shortNumber(bytes, i, end, turns) : undefined;
      if (short !== undefined) {
        parts.push(bytes.subarray(copied, i), Buffer.from(short));
        copied = end;
      }
      i = end - 1;
    }
    if (turns.isOver()) await turns.next();
  }
  return Buffer.concat([...parts, bytes.subarray(copied)]);
}

/**
 * A shorter number that is the same double, and an integer exactly when the long one is. Undefined for bytes that are
 * no number of JSON.
 */
export async function shortNumber(
  bytes: Buffer,
  start: number,
  end: number,
  turns: Turns,
): Promise<string | undefined> {
  const sign = bytes[start] === MINUS ? "-" : "";
  const whole = start + sign.length;
  const point = await skipInTurns(skipDigits, bytes, whole, turns, end);
  if (point === whole || (bytes[whole] === ZERO && point > whole + 1)) return undefined;
  const fraction = point < end && bytes[point] === POINT ? point + 1 : point;
  const power = await skipInTurns(skipDigits, bytes, fraction, turns, end);
  if (fraction > point && power === fraction) return undefined;
  const exponent = await readExponent(bytes, power, end, turns);
  if (exponent === undefined) return undefined;
  const first = await skipInTurns(skipZeros, bytes, whole, turns, power);
  if (first === power) return `${sign}0`;
  const last = Math.min(power, first + DIGITS);
  const digits = bytes.toString("latin1", first, last).replace(".", "");
  const unit = exponent + (last <= point ? point - last : fraction - last);
  return (await skipInTurns(skipZeros, bytes, last, turns, power)) === power
    ? `${sign}${digits}e${unit}`
    : // Any digit at all behind the others says that there are more.
      `${sign}${digits}1e${unit - 1}`;
}

/** The index of the first digit that is not 0. */
function skipZeros(bytes: Buffer, from: number, to: number): number {
  let i = from;
  while (i < to && (bytes[i] === ZERO || bytes[i] === POINT)) i++;
  return i;
}

/** 0 where there is none; undefined where it is not one. */
async function readExponent(bytes: Buffer, start: number, end: number, turns: Turns): Promise<number | undefined> {
  if (start === end) return 0;
  const isSigned = bytes[start + 1] === MINUS || bytes[start + 1] === 0x2b;
  const from = start + (isSigned ? 2 : 1);
  // `E` and `e` differ in one bit.
  if (((bytes[start] ?? 0) | 0x20) !== 0x65 || from >= end) return undefined;
  if ((await skipInTurns(skipDigits, bytes, from, turns, end)) !== end) return undefined;
  const first = await skipInTurns(skipZeros, bytes, from, turns, end);
  const value = end - first > 9 ? MOST_ZEROS : Number(bytes.toString("latin1", first, end));
  return bytes[start + 1] === MINUS ? -value : value;
}

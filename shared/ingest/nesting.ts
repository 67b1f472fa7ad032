import { AppError } from "../errors.ts";
import { MAX_NESTING } from "../event/check-json.ts";

/** From this size on nesting is measured before `JSON.parse`, which takes seconds and gigabytes for 20 MB of `[`. */
const SCANNED_BYTES = 64 * 1024;

/** Whether JSON is nested too deep for `JSON.parse`; false for a text too short to trouble it. */
export function isTooDeep(json: Buffer | string): boolean {
  if (json.length <= SCANNED_BYTES) return false;
  return nestingOf(typeof json === "string" ? Buffer.from(json) : json) > MAX_NESTING;
}

export function tooDeep(): AppError {
  return new AppError("too_deep", `the body has JSON nested more than ${MAX_NESTING} deep`);
}

/** The deepest nesting of arrays and objects in JSON bytes, without parsing: brackets outside of strings. */
function nestingOf(bytes: Buffer): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === 0x22) i = endOfString(bytes, i);
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > deepest) deepest = depth;
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return deepest;
}

function endOfString(bytes: Buffer, start: number): number {
  for (let i = start + 1; i < bytes.length; i++) {
    if (bytes[i] === 0x5c) i++;
    else if (bytes[i] === 0x22) return i;
  }
  return bytes.length;
}

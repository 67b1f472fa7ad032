import { AppError } from "../errors.ts";
import { isJsonObject } from "../event/event.ts";
import { decodeUtf8 } from "./decode-utf8.ts";
import { invalidJson, messageOf } from "./invalid-json.ts";
import { isTooDeep, tooDeep } from "./nesting.ts";
import { type RawBatch, type RawEvent, tooManyEvents } from "./raw-batch.ts";

/**
 * Reads NDJSON: one event from each line that is not blank, JSON or not. `text` is the decoded bytes, or undefined when
 * they are not UTF-8. Throws AppError `invalid_json` when no line is an object, `too_deep` or `too_many_events`.
 */
export function readLines(bytes: Buffer, text: string | undefined, maxEvents: number): RawBatch {
  const events: RawEvent[] = [];
  let objects = 0;
  let firstError: unknown;
  for (const line of text === undefined ? byteLines(bytes) : text.split("\n")) {
    const decoded = typeof line === "string" ? line : decodeUtf8(line);
    if (decoded !== undefined && decoded.trim() === "") continue;
    if (events.length === maxEvents) throw tooManyEvents(`more than ${maxEvents}`, maxEvents);
    if (decoded === undefined) {
      events.push({ lineBytes: line as Buffer });
      continue;
    }
    if (isTooDeep(decoded)) throw tooDeep();
    try {
      const value: unknown = JSON.parse(decoded);
      if (isJsonObject(value)) objects++;
      events.push({ value });
    } catch (error) {
      firstError ??= error;
      events.push({ line: decoded, message: messageOf(error) });
    }
  }
  if (objects > 0) return { events };
  throw text === undefined ? new AppError("invalid_json", "the body is not UTF-8") : invalidJson(firstError, text);
}

function* byteLines(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    yield bytes.subarray(start, end === -1 ? bytes.length : end);
    if (end === -1) return;
    start = end + 1;
  }
}

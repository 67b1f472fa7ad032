import { AppError } from "../errors.ts";
import { MAX_NESTING } from "../event/check-json.ts";
import { isJsonObject, type JsonObject } from "../event/event.ts";
import { parseTime } from "../event/event-time.ts";

/** One event of a body before it is checked: JSON, or a line of NDJSON that is none. */
export type RawEvent =
  | { readonly value: unknown }
  | { readonly line: string; readonly message: string }
  | { readonly lineBytes: Buffer };

export interface RawBatch {
  readonly events: readonly RawEvent[];
  /** The client's clock when it sent the request, in ms. */
  readonly sentAt?: number;
}

/** From this size on nesting is measured before `JSON.parse`, which takes seconds and gigabytes for 20 MB of `[`. */
const SCANNED_BYTES = 64 * 1024;

/**
 * Reads a body: one event, an array, `{"events": […], "sent_at"}` or NDJSON, whichever its bytes are.
 * Throws AppError `empty_body`, `invalid_json`, `invalid_body`, `empty_batch`, `too_deep` or `too_many_events`.
 */
export function parseBody(body: Buffer, maxEvents: number): RawBatch {
  const bytes = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
  const text = decode(bytes);
  if (text?.trim() === "") throw new AppError("empty_body", "the body has nothing but white space");
  const lines = text === undefined || mayBeLines(text);
  const deep = isTooDeep(bytes);
  if (deep && !lines) throw tooDeep();
  const batch = (deep ? undefined : readJson(text, lines)) ?? readLines(bytes, text, maxEvents);
  if (batch.events.length === 0) throw new AppError("empty_batch", "`events` is empty");
  if (batch.events.length > maxEvents) throw tooMany(batch.events.length, maxEvents);
  return batch;
}

function tooDeep(): AppError {
  return new AppError("too_deep", `the body has JSON nested more than ${MAX_NESTING} deep`);
}

function isTooDeep(bytes: Buffer): boolean {
  return bytes.length > SCANNED_BYTES && nestingOf(bytes) > MAX_NESTING;
}

/** An array is never NDJSON: its lines would be taken for events that are not JSON. */
function mayBeLines(text: string): boolean {
  const trimmed = text.trim();
  return !trimmed.startsWith("[") && trimmed.includes("\n");
}

function tooMany(found: number | string, maxEvents: number): AppError {
  return new AppError("too_many_events", `the request has ${found} events; at most ${maxEvents} are taken at once`, {
    members: { limit: maxEvents },
  });
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The batch of a body that is one JSON text, or undefined for what may be NDJSON. */
function readJson(text: string | undefined, mayBeLines: boolean): RawBatch | undefined {
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (!mayBeLines) throw invalidJson(error, text);
    return undefined;
  }
  if (Array.isArray(json)) return { events: json.map((value: unknown) => ({ value })) };
  if (!isJsonObject(json))
    throw new AppError(
      "invalid_body",
      `the body is ${describe(json)}; expected an event, an array of events or {"events": […]}`,
    );
  return Object.hasOwn(json, "events") ? readWrapper(json) : { events: [{ value: json }] };
}

function readWrapper(wrapper: JsonObject): RawBatch {
  const { events } = wrapper;
  if (!Array.isArray(events))
    throw new AppError("invalid_body", `\`events\` is ${describe(events)}; expected an array of events`, at("events"));
  const other = Object.keys(wrapper).find((key) => key !== "events" && key !== "sent_at");
  if (other !== undefined) {
    throw new AppError(
      "invalid_body",
      `\`${other}\` is not known beside \`events\`; expected only \`sent_at\``,
      at(other),
    );
  }
  const raw = events.map((value: unknown) => ({ value }));
  const sent = wrapper.sent_at;
  if (sent === undefined || sent === null) return { events: raw };
  const sentAt = typeof sent === "string" ? parseTime(sent) : undefined;
  if (sentAt === undefined) {
    throw new AppError(
      "invalid_body",
      `\`sent_at\` is ${describe(sent)}; expected an RFC 3339 date-time such as 2026-11-22T10:00:00Z`,
      at("sent_at"),
    );
  }
  return { events: raw, sentAt };
}

function readLines(bytes: Buffer, text: string | undefined, maxEvents: number): RawBatch {
  const events: RawEvent[] = [];
  let objects = 0;
  let firstError: unknown;
  for (const line of text === undefined ? byteLines(bytes) : text.split("\n")) {
    const decoded = typeof line === "string" ? line : decode(line);
    if (decoded !== undefined && decoded.trim() === "") continue;
    if (events.length === maxEvents) throw tooMany(`more than ${maxEvents}`, maxEvents);
    if (decoded === undefined) {
      events.push({ lineBytes: line as Buffer });
      continue;
    }
    if (decoded.length > SCANNED_BYTES && isTooDeep(Buffer.from(decoded))) throw tooDeep();
    try {
      const value: unknown = JSON.parse(decoded);
      if (isJsonObject(value)) objects++;
      events.push({ value });
    } catch (error) {
      firstError ??= error;
      events.push({ line: decoded, message: messageOf(error) });
    }
  }
  if (objects === 0) {
    if (text === undefined) throw new AppError("invalid_json", "the body is not UTF-8");
    throw invalidJson(firstError, text);
  }
  return { events };
}

function* byteLines(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    yield bytes.subarray(start, end === -1 ? bytes.length : end);
    if (end === -1) return;
    start = end + 1;
  }
}

function at(path: string): { members: { path: string } } {
  return { members: { path } };
}

function invalidJson(error: unknown, text: string): AppError {
  const position = positionOf(error, text);
  if (position === undefined) return new AppError("invalid_json", `the body is not JSON: ${messageOf(error)}`);
  const before = text.slice(0, position);
  const line = before.split("\n").length;
  const column = position - before.lastIndexOf("\n");
  return new AppError("invalid_json", `the body is not JSON: line ${line}, column ${column}: ${messageOf(error)}`, {
    members: { line, column },
  });
}

/** Beyond this the search below is not worth its time. */
const SEARCHED_CHARS = 1024 * 1024;

/**
 * Where JSON ends to be JSON. V8 tells the position only in some of its messages; for the others it is the longest prefix
 * that could still go on, found by halving.
 */
function positionOf(error: unknown, text: string): number | undefined {
  const told = positionIn(error);
  if (told !== undefined || text.length > SEARCHED_CHARS) return told;
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (couldGoOn(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return couldGoOn(text) ? text.length : good;
}

function couldGoOn(prefix: string): boolean {
  try {
    JSON.parse(prefix);
    return true;
  } catch (error) {
    const position = positionIn(error);
    return position === undefined ? /end of JSON/.test(String(error)) : position >= prefix.length;
  }
}

function positionIn(error: unknown): number | undefined {
  const match = /position (\d+)/.exec(String(error));
  return match ? Number(match[1]) : undefined;
}

/** V8 quotes the text around an error; the quote is cut so that no answer or log repeats a client's data. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replace(/,? ?\.{0,3}"[\s\S]*"\.{0,3} is not valid JSON$/, "")
    .replace(/ in JSON at position \d+.*$/s, "");
}

/** What was found, for a message to a client: short, and without more of the client's data than it takes to find the place. */
export function describe(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string")
    return value.length <= 40 ? `the text ${JSON.stringify(value)}` : `a text of ${value.length} characters`;
  return typeof value === "object" ? "an object" : `the ${typeof value} ${String(value)}`;
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

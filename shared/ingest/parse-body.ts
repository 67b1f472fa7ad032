import { AppError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../event/event.ts";
import { parseTime } from "../event/event-time.ts";
import { decodeUtf8 } from "./decode-utf8.ts";
import { describe } from "./describe.ts";
import { invalidJson } from "./invalid-json.ts";
import { isTooDeep, tooDeep } from "./nesting.ts";
import { type RawBatch, tooManyEvents } from "./raw-batch.ts";
import { readLines } from "./read-lines.ts";

/**
 * Reads a body: one event, an array, `{"events": […], "sent_at"}` or NDJSON, whichever its bytes are.
 * Throws AppError `empty_body`, `invalid_json`, `invalid_body`, `empty_batch`, `too_deep` or `too_many_events`.
 */
export function parseBody(body: Buffer, maxEvents: number): RawBatch {
  const bytes = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
  const text = decodeUtf8(bytes);
  if (text?.trim() === "") throw new AppError("empty_body", "the body has nothing but white space");
  const lines = text === undefined || mayBeLines(text);
  const deep = isTooDeep(bytes);
  if (deep && !lines) throw tooDeep();
  const batch = (deep ? undefined : readJson(text, lines)) ?? readLines(bytes, text, maxEvents);
  if (batch.events.length === 0) throw new AppError("empty_batch", "`events` is empty");
  if (batch.events.length > maxEvents) throw tooManyEvents(batch.events.length, maxEvents);
  return batch;
}

/** An array is never NDJSON: its lines would be taken for events that are not JSON. */
function mayBeLines(text: string): boolean {
  const trimmed = text.trim();
  return !trimmed.startsWith("[") && trimmed.includes("\n");
}

/** The batch of a body that is one JSON text; undefined for a body that may be NDJSON. */
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

function at(path: string): { members: { path: string } } {
  return { members: { path } };
}

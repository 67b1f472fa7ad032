import { AppError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../event/event.ts";
import { parseTime } from "../event/event-time.ts";
import { parseJson } from "../runtime/parse-json.ts";
import { checkEscapedNames } from "./check-escaped-names.ts";
import { decodeUtf8 } from "./decode-utf8.ts";
import { describe, shorten } from "./describe.ts";
import { invalidJson, invalidUtf8 } from "./invalid-json.ts";
import { skipSpace } from "./json-bytes.ts";
import { locateEvents } from "./locate-events.ts";
import { type RawBatch, tooManyEvents } from "./raw-batch.ts";
import { areLines, readLines } from "./read-lines.ts";
import { checkBounds, checkDifferentNames, type Survey, surveyJson } from "./survey-json.ts";

interface BatchLimits {
  /** The most events that are taken. */
  readonly events: number;
  /** Of one event. */
  readonly eventBytes: number;
}

/**
 * Reads a body: one event, an array, `{"events": […], "sent_at"}` or NDJSON, whichever its bytes are. It is one JSON
 * text, or it is lines, and never half of either. Throws AppError `empty_body`, `invalid_json`, `invalid_body`,
 * `empty_batch`, `too_many_events`, or as `checkBounds` does.
 */
export function parseBody(body: Buffer, limits: BatchLimits): RawBatch {
  const bytes = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
  if (skipSpace(bytes, 0) === bytes.length) throw new AppError("empty_body", "the body has nothing but white space");
  return areLines(bytes) ? readLines(bytes, limits) : readText(bytes, limits.events);
}

function readText(bytes: Buffer, maxEvents: number): RawBatch {
  const survey = surveyJson(bytes);
  checkBounds(survey);
  checkDifferentNames(bytes, survey);
  const json = readJson(bytes);
  if (!Array.isArray(json) && !isJsonObject(json)) {
    const expected = 'an event, an array of events or {"events": […]}';
    throw new AppError("invalid_body", `the body is ${describe(json)}; expected ${expected}`);
  }
  const wrapper = !Array.isArray(json) && Object.hasOwn(json, "events") ? json : undefined;
  const values: unknown[] = Array.isArray(json) ? json : wrapper ? eventsOf(wrapper) : [json];
  if (values.length === 0) throw new AppError("empty_batch", "`events` is empty");
  if (values.length > maxEvents) throw tooManyEvents(values.length, maxEvents);
  return {
    ...toBatch(bytes, values, survey, wrapper),
    ...(wrapper && sentAtOf(wrapper)),
  };
}

function toBatch(bytes: Buffer, values: unknown[], { names, mayRound }: Survey, wrapper?: JsonObject): RawBatch {
  let sources: readonly Buffer[] | undefined;
  return {
    events: values.map((value) => ({ value })),
    names: wrapper ? names - Object.keys(wrapper).length : names,
    mayRound,
    sources: () => {
      sources ??= locateEvents(bytes);
      return sources;
    },
  };
}

function readJson(bytes: Buffer): unknown {
  const text = decodeUtf8(bytes);
  if (text === undefined) throw invalidUtf8(bytes);
  checkEscapedNames(text, bytes.length);
  try {
    return parseJson(text);
  } catch (error) {
    throw invalidJson(error, text);
  }
}

function eventsOf(wrapper: JsonObject): unknown[] {
  const { events } = wrapper;
  if (!Array.isArray(events))
    throw new AppError("invalid_body", `\`events\` is ${describe(events)}; expected an array of events`, at("events"));
  const other = Object.keys(wrapper).find((key) => key !== "events" && key !== "sent_at");
  if (other === undefined) return events;
  const name = shorten(other);
  throw new AppError("invalid_body", `\`${name}\` is not known beside \`events\`; expected only \`sent_at\``, at(name));
}

function sentAtOf({ sent_at: sent }: JsonObject): { readonly sentAt: number } | undefined {
  if (sent === undefined || sent === null) return undefined;
  const sentAt = typeof sent === "string" ? parseTime(sent) : undefined;
  if (sentAt !== undefined) return { sentAt };
  throw new AppError(
    "invalid_body",
    `\`sent_at\` is ${describe(sent)}; expected an RFC 3339 date-time such as 2026-11-22T10:00:00Z`,
    at("sent_at"),
  );
}

function at(path: string): { members: { path: string } } {
  return { members: { path } };
}

import { AppError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../event/event.ts";
import { parseTime } from "../event/event-time.ts";
import type { Turns } from "../runtime/turn.ts";
import { describe, shorten } from "./describe.ts";
import { locateEvents } from "./locate-events.ts";
import { type RawBatch, tooManyEvents } from "./raw-batch.ts";
import { readContext } from "./read-context.ts";
import { findStart, parseDocument } from "./read-document.ts";
import { areLines, readLines } from "./read-lines.ts";
import type { Survey } from "./survey-json.ts";

/** The name of our own form among dialects. */
export const OWN_FORM = "headrace";

export interface BatchLimits {
  /** The most events that are taken. */
  readonly events: number;
  /** Of one event. */
  readonly eventBytes: number;
}

/**
 * Reads a body: one event, an array, `{"events": […], "sent_at"}` or NDJSON, whichever its bytes are. It is one JSON
 * text, or it is lines, and never half of either. Others have their turns between the passes over a large body, and
 * within those that can be cut. Throws AppError `empty_body`, `invalid_json`, `invalid_body`, `empty_batch`,
 * `too_many_events`, or as `checkBounds` does.
 */
export async function parseBody(body: Buffer, limits: BatchLimits, turns: Turns): Promise<RawBatch> {
  const { bytes, start } = await findStart(body, turns);
  return (await areLines(bytes, start, turns)) ? readLines(bytes, limits, turns) : readText(bytes, limits, turns);
}

async function readText(bytes: Buffer, limits: BatchLimits, turns: Turns): Promise<RawBatch> {
  const { json, survey } = await parseDocument(bytes, turns);
  if (!Array.isArray(json) && !isJsonObject(json)) {
    const expected = 'an event, an array of events or {"events": […]}';
    throw new AppError("invalid_body", `the body is ${describe(json)}; expected ${expected}`);
  }
  const wrapper = !Array.isArray(json) && Object.hasOwn(json, "events") ? json : undefined;
  const values: unknown[] = Array.isArray(json) ? json : wrapper ? eventsOf(wrapper) : [json];
  if (values.length === 0) throw new AppError("empty_batch", "`events` is empty");
  if (values.length > limits.events) throw tooManyEvents(values.length, limits.events);
  const context = wrapper && readContext(wrapper, limits.eventBytes);
  const batch = toBatch(bytes, values, { ...survey, names: survey.names - (context?.names ?? 0) }, wrapper);
  return {
    ...batch,
    ...(wrapper && sentAtOf(wrapper)),
    ...(context && {
      context: context.value,
      grows: context.bytes * values.length,
      dialect: { name: OWN_FORM, context: context.value },
    }),
  };
}

function toBatch(
  bytes: Buffer,
  values: unknown[],
  { names, mayRound }: Pick<Survey, "names" | "mayRound">,
  wrapper?: JsonObject,
): RawBatch {
  let sources: Promise<readonly Buffer[]> | undefined;
  return {
    events: values.map((value) => ({ value })),
    names: wrapper ? names - Object.keys(wrapper).length : names,
    mayRound,
    sources: (turns) => {
      sources ??= locateEvents(bytes, turns);
      return sources;
    },
  };
}

const BESIDE: readonly string[] = ["events", "sent_at", "context"];

function eventsOf(wrapper: JsonObject): unknown[] {
  const { events } = wrapper;
  if (!Array.isArray(events))
    throw new AppError("invalid_body", `\`events\` is ${describe(events)}; expected an array of events`, at("events"));
  const other = Object.keys(wrapper).find((key) => !BESIDE.includes(key));
  if (other === undefined) return events;
  const name = shorten(other);
  const expected = "expected only `sent_at` and `context`";
  throw new AppError("invalid_body", `\`${name}\` is not known beside \`events\`; ${expected}`, at(name));
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

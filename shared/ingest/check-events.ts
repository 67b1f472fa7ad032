import type { Limits } from "../config.ts";
import type { QuarantinedItem, RawContent } from "../envelope/content.ts";
import { AppError, type EventProblemCode } from "../errors.ts";
import { isNestedDeeper, MAX_NESTING } from "../event/check-json.ts";
import type { AcceptedEvent } from "../event/event.ts";
import { clockCorrection, resolveTime } from "../event/event-time.ts";
import { uuidv7 } from "../runtime/uuid.ts";
import { type ClientEvent, checkEvent, type EventProblem } from "./check-event.ts";
import { tooDeep } from "./nesting.ts";
import type { RawBatch, RawEvent } from "./raw-batch.ts";

/** What is already known of an event that will not be stored. */
export interface EventResult {
  readonly index: number;
  readonly event_id?: string;
  readonly result: "duplicate" | "quarantined";
  readonly code: EventProblemCode;
  /** Within the request: `events[17].timestamp`. */
  readonly path: string;
  readonly message: string;
}

interface CheckedEvents {
  /** JSON texts of envelope items, one for each event. */
  readonly items: readonly string[];
  readonly results: readonly EventResult[];
}

/**
 * Checks each event for itself, and marks those that repeat an id of the same batch. An invalid event goes along whole.
 * Throws AppError `too_many_event_types`, or `too_deep` for an invalid event that cannot go along.
 */
export function checkEvents(batch: RawBatch, receivedAt: number, limits: Limits): CheckedEvents {
  const correction = clockCorrection(batch.sentAt, receivedAt);
  const items: string[] = [];
  const results: EventResult[] = [];
  const firstById = new Map<string, number>();
  const types = new Set<string>();
  for (const [index, raw] of batch.events.entries()) {
    const checked = checkRawEvent(raw, correction, receivedAt, limits);
    if ("problem" in checked) {
      items.push(JSON.stringify({ q: quarantine(raw, checked.problem) }));
      results.push(resultOf(index, "quarantined", checked.problem, undefined));
      continue;
    }
    const { event, json } = checked;
    const first = firstById.get(event.event_id);
    if (first === undefined) {
      firstById.set(event.event_id, index);
      types.add(event.event_type);
      items.push(`{"e":${json}}`);
      continue;
    }
    items.push(JSON.stringify({ d: { event_id: event.event_id, of: first } }));
    const problem = {
      code: "repeated_event_id",
      path: "event_id",
      message: `events[${first}] has the same event_id`,
    } as const;
    results.push(resultOf(index, "duplicate", problem, event.event_id));
  }
  if (types.size > limits.eventTypes) {
    throw new AppError(
      "too_many_event_types",
      `the request has ${types.size} event types; at most ${limits.eventTypes} are taken at once`,
      { members: { limit: limits.eventTypes } },
    );
  }
  return { items, results };
}

type CheckedEvent = { readonly event: AcceptedEvent; readonly json: string } | { readonly problem: EventProblem };

function checkRawEvent(raw: RawEvent, correction: number, receivedAt: number, limits: Limits): CheckedEvent {
  if ("line" in raw) return { problem: { code: "not_json", path: "", message: raw.message } };
  if ("lineBytes" in raw) return { problem: { code: "not_utf8", path: "", message: "the line is not UTF-8" } };
  const checked = checkEvent(raw.value);
  if ("problem" in checked) return checked;
  const event = toAccepted(checked.event, correction, receivedAt);
  const json = JSON.stringify(event);
  // A UTF-16 code unit is at most 3 bytes of UTF-8: most events need no second look.
  if (json.length * 3 > limits.eventBytes && Buffer.byteLength(json) > limits.eventBytes) {
    const found = Buffer.byteLength(json);
    return {
      problem: {
        code: "too_large",
        path: "",
        message: `found ${found} bytes of JSON, expected at most ${limits.eventBytes}`,
      },
    };
  }
  return { event, json };
}

function toAccepted(event: ClientEvent, correction: number, receivedAt: number): AcceptedEvent {
  const { timestamp, originalTimestamp } = resolveTime(event.timestamp ?? undefined, correction, receivedAt);
  return {
    event_id: event.event_id ?? uuidv7(receivedAt),
    event_type: event.event_type,
    timestamp,
    ...(originalTimestamp === undefined ? undefined : { original_timestamp: originalTimestamp }),
    ...(event.schema_version == null ? undefined : { schema_version: event.schema_version }),
    ...(event.user_id == null ? undefined : { user_id: event.user_id }),
    ...(event.anonymous_id == null ? undefined : { anonymous_id: event.anonymous_id }),
    ...(event.session_id == null ? undefined : { session_id: event.session_id }),
    ...(event.properties == null ? undefined : { properties: event.properties }),
  };
}

function quarantine(raw: RawEvent, { code, path, message }: EventProblem): QuarantinedItem {
  return { code, path, message, raw: rawContentOf(raw) };
}

function rawContentOf(raw: RawEvent): RawContent {
  if ("line" in raw) return { text: raw.line };
  if ("lineBytes" in raw) return { base64: raw.lineBytes.toString("base64") };
  if (isNestedDeeper(raw.value, MAX_NESTING)) throw tooDeep();
  return { json: raw.value };
}

function resultOf(
  index: number,
  result: EventResult["result"],
  { code, path, message }: EventProblem,
  eventId: string | undefined,
): EventResult {
  const place = path === "" ? `events[${index}]` : `events[${index}].${path}`;
  return { index, ...(eventId === undefined ? undefined : { event_id: eventId }), result, code, path: place, message };
}

import { isJsonObject, type JsonObject } from "../../../event/event.ts";
import type { RawEvent } from "../../raw-batch.ts";
import { toObject, toValue } from "./to-value.ts";

/** A log record, and what stands around it in a request. */
export interface LogRecord {
  readonly record: JsonObject;
  readonly resource: JsonObject;
  readonly scope: JsonObject;
  /** What else stands beside `resource`, and beside `scope`. */
  readonly beside: JsonObject;
}

export function isLogRecord(one: unknown): one is LogRecord {
  return isJsonObject(one) && isJsonObject(one.record) && "beside" in one;
}

/** The type of a record without a name. */
const LOG = "log";

/**
 * A log record as an event of ours: its attributes are the properties, with body and severity beside them, and resource
 * and scope are in the context. What has no place stays under `context.source`, by its own name.
 */
export function translateRecord({ record, resource, scope, beside }: LogRecord): RawEvent {
  const { body, eventName, severityText, severityNumber, traceId, spanId, ...more } = record;
  const { attributes, others } = apart(more);
  const { timestamp, rest } = timesOf(others);
  const own = isJsonObject(attributes) ? attributes : {};
  const { fields, left } = takeFields(own, { event_type: eventName, user_id: undefined, session_id: undefined });
  const { properties, hidden } = place(left, {
    body: body === undefined ? undefined : toValue(body),
    severity: severityText || undefined,
    severity_number: severityNumber || undefined,
  });
  const ofResource = apartOnce(resource);
  const ofScope = apartOnce(scope);
  const source = {
    ...{ ...rest, ...hidden },
    ...(isJsonObject(attributes) || attributes === undefined ? undefined : { attributes }),
    ...named("resource", ofResource.others),
    ...named("request", beside),
  };
  const context = {
    ...(ofResource.attributes === undefined ? undefined : { resource: ofResource.attributes }),
    ...named("scope", {
      ...ofScope.others,
      ...(ofScope.attributes === undefined ? undefined : { attributes: ofScope.attributes }),
    }),
    ...(traceId ? { trace_id: traceId } : undefined),
    ...(spanId ? { span_id: spanId } : undefined),
    ...named("source", source),
  };
  return { value: { ...fields, event_type: fields.event_type || LOG, timestamp, properties, context } };
}

/** Attributes of the semantic conventions that an event has a field for, where nothing else is there yet. */
const conventions = { "event.name": "event_type", "user.id": "user_id", "session.id": "session_id" } as const;
type Fields = Readonly<Record<(typeof conventions)[keyof typeof conventions], unknown>>;

function takeFields(attributes: JsonObject, given: Fields): { readonly fields: Fields; readonly left: JsonObject } {
  const fields: Record<string, unknown> = { ...given };
  const left: [string, unknown][] = [];
  for (const [name, value] of Object.entries(attributes)) {
    const field = Object.hasOwn(conventions, name) ? conventions[name as keyof typeof conventions] : undefined;
    if (field !== undefined && !fields[field] && typeof value === "string" && value !== "") fields[field] = value;
    else left.push([name, value]);
  }
  return { fields: { ...given, ...fields }, left: Object.fromEntries(left) };
}

/** What would hide a property of the same name is told apart. */
function place(properties: JsonObject, more: JsonObject) {
  const given = Object.entries(more).filter(([, value]) => value !== undefined);
  const hidden = given.filter(([name]) => Object.hasOwn(properties, name));
  const placed = given.filter(([name]) => !Object.hasOwn(properties, name));
  return { properties: { ...properties, ...Object.fromEntries(placed) }, hidden: Object.fromEntries(hidden) };
}

/** Attributes as an object, and what else stands beside them. */
function apart({ attributes, droppedAttributesCount, ...others }: JsonObject) {
  const dropped = droppedAttributesCount ? { droppedAttributesCount } : undefined;
  return { attributes: toObject(attributes), others: { ...others, ...dropped } };
}

const known = new WeakMap<JsonObject, ReturnType<typeof apart>>();

/** Of a resource or a scope, which the records of a request share. */
function apartOnce(shared: JsonObject): ReturnType<typeof apart> {
  const found = known.get(shared) ?? apart(shared);
  known.set(shared, found);
  return found;
}

function named(name: string, members: JsonObject): JsonObject | undefined {
  return Object.keys(members).length === 0 ? undefined : { [name]: members };
}

function timesOf({ timeUnixNano, observedTimeUnixNano, ...rest }: JsonObject) {
  const time = toTime(timeUnixNano);
  const observed = toTime(observedTimeUnixNano);
  if (time !== undefined) {
    const late = observed === undefined && !isSet(observedTimeUnixNano);
    return { timestamp: time, rest: late ? rest : { ...rest, observedTimeUnixNano } };
  }
  const kept = isSet(timeUnixNano) ? { ...rest, timeUnixNano } : rest;
  if (observed !== undefined) return { timestamp: observed, rest: kept };
  return { timestamp: undefined, rest: isSet(observedTimeUnixNano) ? { ...kept, observedTimeUnixNano } : kept };
}

/** Zero says that there is none. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && String(value) !== "0";
}

/** Nanoseconds since 1970 as RFC 3339, with all of their digits. */
function toTime(value: unknown): string | undefined {
  if (!isSet(value)) return undefined;
  const digits = String(value).padStart(NANO_DIGITS + 1, "0");
  if (!/^\d{10,20}$/.test(digits)) return undefined;
  const seconds = new Date(Number(digits.slice(0, -NANO_DIGITS)) * 1_000).toISOString().slice(0, 19);
  return `${seconds}.${digits.slice(-NANO_DIGITS)}Z`;
}

const NANO_DIGITS = 9;

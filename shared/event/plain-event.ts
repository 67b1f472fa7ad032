import { type ClientEvent, eventBounds, isJsonObject, type JsonObject } from "./event.ts";
import { parseTime } from "./event-time.ts";
import { isPlainText } from "./plain-text.ts";

/**
 * The event, when one look at each field tells that `eventSchema` takes it; undefined for any other, good or bad, which
 * is for the schema to judge. Nearly every event is plain, and asking the schema costs ten times as much.
 */
export function readPlainEvent(value: JsonObject): ClientEvent | undefined {
  for (const name in value) {
    const field = value[name];
    // A dialect has members that are undefined.
    if (field != null && !isPlainField(name, field)) return undefined;
  }
  const { event_id, event_type, timestamp, schema_version, user_id, anonymous_id, session_id } = value as ClientEvent;
  if (typeof event_type !== "string") return undefined;
  const { properties, context } = value as ClientEvent;
  return { event_id, event_type, timestamp, schema_version, user_id, anonymous_id, session_id, properties, context };
}

function isPlainField(name: string, field: unknown): boolean {
  switch (name) {
    case "event_id":
      return isLabel(field, eventBounds.eventId);
    case "event_type":
      return isLabel(field, eventBounds.eventType);
    case "timestamp":
      return typeof field === "string" && parseTime(field) !== undefined;
    case "schema_version":
      return typeof field === "number" && Number.isInteger(field) && field >= 1 && field <= eventBounds.schemaVersion;
    case "user_id":
    case "anonymous_id":
    case "session_id":
      return isLabel(field, eventBounds.identifier);
    case "properties":
    case "context":
      return isJsonObject(field);
    default:
      return false;
  }
}

function isLabel(field: unknown, max: number): boolean {
  return typeof field === "string" && field.length >= 1 && field.length <= max && isPlainText(field);
}

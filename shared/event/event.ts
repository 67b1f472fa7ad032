import { z } from "zod";
import type { EventProblemCode } from "../errors.ts";
import { isVisible } from "../runtime/visible.ts";
import type { Columns } from "../store/columns.ts";
import { parseTime } from "./event-time.ts";
import { isPlainText } from "./plain-text.ts";

/** Bounds of an event, in characters (UTF-16 code units) and counts. */
export const eventBounds = {
  eventType: 200,
  eventId: 255,
  identifier: 255,
  /** The greatest. */
  schemaVersion: 1_000_000,
  propertiesDepth: 20,
  propertiesKeys: 2_000,
} as const;

/**
 * Any script, but nothing that cannot be seen, told apart or encoded: no control characters, no space at its edges, no
 * lone surrogates, and not invisible characters alone.
 */
function label(max: number) {
  return z
    .string()
    .min(1)
    .max(max)
    .check(({ value, issues }) => {
      const message = isPlainText(value) ? undefined : problemOf(value);
      if (message !== undefined) issues.push({ code: "custom", message, input: value });
    });
}

function problemOf(text: string): string | undefined {
  if (!text.isWellFormed()) return "has half of a surrogate pair";
  if (text.trim() !== text) return "starts or ends with space";
  if (/\p{Cc}/u.test(text)) return "has a control character";
  return isVisible(text) ? undefined : "has nothing that can be seen";
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const object = z.custom<JsonObject>(isJsonObject, "must be an object").meta({ type: "object" });

/** An event as a client sends it. `null` in an optional field means that the field is absent. */
export const eventSchema = z.strictObject({
  event_id: label(eventBounds.eventId).nullish(),
  event_type: label(eventBounds.eventType),
  timestamp: z
    .string()
    .refine((text) => parseTime(text) !== undefined, "must be an RFC 3339 date-time such as 2026-11-22T10:00:00Z")
    .nullish(),
  schema_version: z.int().min(1).max(eventBounds.schemaVersion).nullish(),
  user_id: label(eventBounds.identifier).nullish(),
  anonymous_id: label(eventBounds.identifier).nullish(),
  session_id: label(eventBounds.identifier).nullish(),
  properties: object.nullish(),
  context: object.nullish(),
});

export type ClientEvent = z.output<typeof eventSchema>;

/** Path and message are bounded. */
export interface SchemaWarning {
  readonly code: EventProblemCode;
  /** Within the event. */
  readonly path: string;
  readonly message: string;
}

/** An event as the envelope carries it and the store keeps it, without the document's own fields. */
export interface AcceptedEvent extends Columns {
  readonly event_id: string;
  readonly event_type: string;
  readonly timestamp: string;
  readonly original_timestamp?: string;
  readonly schema_version?: number;
  readonly user_id?: string;
  readonly anonymous_id?: string;
  readonly session_id?: string;
  readonly properties?: JsonObject;
  /** Where and by what it was made: its own members, and those that its batch has beside them. */
  readonly context?: JsonObject;
  /** Why it does not fit the schema of its type, which lets it in all the same. */
  readonly schema_warnings?: readonly SchemaWarning[];
  /** What it was when it was sent, where its id is made of an `Idempotency-Key`: no reader sees it. */
  readonly content_hash?: string;
}

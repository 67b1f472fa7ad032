import { toJson } from "./to-json.ts";
import type { ClientOptions, EventOptions, Waiting } from "./types.ts";
import { makeUuid } from "./uuid.ts";

/** Who events are of, where they do not say it themselves. */
export type Person = Pick<ClientOptions, "userId" | "anonymousId" | "sessionId">;

const encoder = new TextEncoder();

/** An event as it waits. What the caller changes later in what they gave changes nothing in it. */
export function makeEvent(
  person: Person,
  type: string,
  properties?: unknown,
  given?: EventOptions | undefined,
  now: number = Date.now(),
): Waiting {
  // Code without types may give null.
  const options: EventOptions = given ?? {};
  const id = toText(options.eventId) ?? makeUuid(now);
  const json = toJson({
    event_id: id,
    event_type: toText(type) ?? "",
    timestamp: options.timestamp ?? new Date(now),
    user_id: toText(options.userId ?? person.userId),
    anonymous_id: toText(options.anonymousId ?? person.anonymousId),
    session_id: toText(options.sessionId ?? person.sessionId),
    schema_version: options.schemaVersion,
    // The API takes objects only; nothing that was given is lost.
    properties: properties === undefined || isObject(properties) ? properties : { value: properties },
    context: options.context,
  });
  return { id, json, bytes: encoder.encode(json).length };
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && !Array.isArray(value);
}

/** Ids are texts for the API; many systems have numbers. */
function toText(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

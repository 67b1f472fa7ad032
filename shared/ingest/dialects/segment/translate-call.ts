import { isJsonObject, type JsonObject } from "../../../event/event.ts";
import { describe } from "../../describe.ts";
import type { RawEvent } from "../../raw-batch.ts";
import { place, text } from "../place.ts";

/** What all calls of a request have. */
export interface OfRequest {
  /** What its path says of a call that has no `type`. */
  readonly type?: string | undefined;
  readonly context?: JsonObject | undefined;
  /** What else stands beside the calls. */
  readonly beside?: JsonObject | undefined;
}

/** What a kind of call is here: its type, where its properties stand, and what of the call is one of them. */
interface Kind {
  readonly type?: string;
  readonly properties: "properties" | "traits";
  readonly names: Readonly<Record<string, string>>;
}

const kinds: Readonly<Record<string, Kind>> = {
  track: { properties: "properties", names: {} },
  page: { type: "page_view", properties: "properties", names: { name: "name", category: "category" } },
  screen: { type: "screen_view", properties: "properties", names: { name: "name", category: "category" } },
  identify: { type: "identify", properties: "traits", names: {} },
  group: { type: "group", properties: "traits", names: { groupId: "group_id" } },
  alias: { type: "alias", properties: "properties", names: { previousId: "previous_id" } },
};

/** Ids of these SDKs are apart from one's own and from those of other dialects. */
const PREFIX = "segment:";

/**
 * A call of Segment's spec as an event of ours. What has no place in an event stays under `context.source`, by its own
 * name; the key of the call does not.
 */
export function translateCall(call: JsonObject, { type: ofPath, context: shared, beside }: OfRequest): RawEvent {
  const { type = ofPath, writeKey, messageId, userId, anonymousId, context, ...others } = call;
  const kind = typeof type === "string" && Object.hasOwn(kinds, type) ? kinds[type] : undefined;
  if (!kind) {
    const message = `found ${describe(type)}, expected one of ${Object.keys(kinds).join(", ")}`;
    return { problem: { code: type === undefined ? "required" : "invalid_value", path: "type", message } };
  }
  const { event, timestamp, originalTimestamp, [kind.properties]: properties, ...rest } = others;
  const left = {
    ...rest,
    ...(kind.type === undefined || event === undefined ? undefined : { event }),
    // The time that a person gave comes before the one that the SDK took.
    ...(timestamp == null || originalTimestamp === undefined ? undefined : { originalTimestamp }),
  };
  const placed = place(properties, left, kind.names);
  const source = { type, ...placed.rest, ...(beside && { batch: beside }) };
  return {
    value: {
      ...(messageId == null || messageId === "" ? undefined : { event_id: `${PREFIX}${text(messageId)}` }),
      event_type: kind.type ?? event,
      timestamp: timestamp ?? originalTimestamp,
      user_id: text(userId),
      anonymous_id: text(anonymousId),
      properties: placed.properties,
      context: toContext(shared, context, source),
    },
  };
}

function toContext(shared: JsonObject | undefined, context: unknown, source: JsonObject): unknown {
  // It is not the spec's, and quarantined for that.
  if (context !== undefined && context !== null && !isJsonObject(context)) return context;
  const { source: theirs, ...own } = { ...shared, ...context };
  return { ...own, source: theirs === undefined ? source : { ...source, context: { source: theirs } } };
}

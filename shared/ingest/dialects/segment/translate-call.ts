import { isJsonObject, type JsonObject } from "../../../event/event.ts";
import { describe } from "../../describe.ts";
import type { RawEvent } from "../../raw-batch.ts";
import { idUnder, place, text } from "../place.ts";

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
  /** Whether they may stand in the context instead. */
  readonly inContext?: true;
  readonly names: Readonly<Record<string, string>>;
}

const kinds: Readonly<Record<string, Kind>> = {
  track: { properties: "properties", names: {} },
  page: { type: "page_view", properties: "properties", names: { name: "name", category: "category" } },
  screen: { type: "screen_view", properties: "properties", names: { name: "name", category: "category" } },
  identify: { type: "identify", properties: "traits", names: {}, inContext: true },
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
  const { event, timestamp, originalTimestamp, [kind.properties]: named, ...rest } = others;
  const { properties, around } = findProperties(kind, named, mergeContexts(shared, context));
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
      event_id: idUnder(PREFIX, messageId),
      event_type: kind.type ?? event,
      timestamp: timestamp ?? originalTimestamp,
      user_id: text(userId),
      anonymous_id: text(anonymousId),
      session_id: sessionIn(around),
      properties: placed.properties,
      context: toContext(around, source),
    },
  };
}

/** One that is no object is not the spec's, and its event is quarantined for that. */
function mergeContexts(shared: JsonObject | undefined, context: unknown): unknown {
  return isJsonObject(context ?? {}) ? { ...shared, ...(context as JsonObject) } : context;
}

/** RudderStack's SDK of pages has the traits of an `identify` in its context alone: they are not kept twice. */
function findProperties(
  kind: Kind,
  named: unknown,
  context: unknown,
): { readonly properties: unknown; readonly around: unknown } {
  if (!kind.inContext || named != null || !isJsonObject(context)) return { properties: named, around: context };
  const { traits, ...around } = context;
  return isJsonObject(traits) ? { properties: traits, around } : { properties: named, around: context };
}

/** RudderStack's SDKs have a number there, which stays there too. */
function sessionIn(context: unknown): unknown {
  return isJsonObject(context) && typeof context.sessionId === "number" ? text(context.sessionId) : undefined;
}

function toContext(context: unknown, source: JsonObject): unknown {
  if (!isJsonObject(context)) return context;
  const { source: theirs, ...own } = context;
  return { ...own, source: theirs === undefined ? source : { ...source, context: { source: theirs } } };
}

import { isJsonObject, type JsonObject } from "../../../event/event.ts";
import { parseTime } from "../../../event/event-time.ts";
import type { RawEvent } from "../../raw-batch.ts";
import { isKey } from "../mask-keys.ts";
import { idUnder, text } from "../place.ts";

const PREFIX = "posthog:";

/** An event that means the same to everyone: its type here, and what of its properties has another name here. */
interface Kind {
  readonly type: string;
  readonly names: Readonly<Record<string, string>>;
  /** A property whose members are the properties of ours. */
  readonly opened?: string;
}

const kinds: Readonly<Record<string, Kind>> = {
  $pageview: { type: "page_view", names: { $current_url: "url", $pathname: "path", $referrer: "referrer" } },
  $screen: { type: "screen_view", names: { $screen_name: "name" } },
  $identify: { type: "identify", names: {}, opened: "$set" },
  $groupidentify: { type: "group", names: { $group_key: "group_id" }, opened: "$group_set" },
  $create_alias: { type: "alias", names: { alias: "previous_id" } },
};

/** What all events of a request have. */
export interface OfRequest {
  /** What else stands beside the events. */
  readonly beside?: JsonObject | undefined;
  /** The client's clock when it sent them, in ms. */
  readonly sentAt?: number | undefined;
}

/** An event of PostHog's as one of ours. What has no place there stays under `context.source`, by its own name. */
export function translateEvent(sent: JsonObject, { beside, sentAt }: OfRequest = {}): RawEvent {
  const { uuid, event, distinct_id, timestamp, session_id: session, properties: own, api_key, token, ...left } = sent;
  const kind = typeof event === "string" && Object.hasOwn(kinds, event) ? kinds[event] : undefined;
  const { properties, rest } = gather(withoutKey(own), left, kind?.opened);
  // What a group is told by is a made-up person, unless that stands among the properties, as pages have it.
  const isGroup = kind?.type === "group";
  const person = text(distinct_id);
  const source = {
    ...rest,
    ...(kind && { event }),
    ...(isGroup && distinct_id !== undefined ? { distinct_id } : undefined),
    ...(beside && { batch: beside }),
  };
  return {
    value: {
      event_id: idUnder(PREFIX, uuid),
      event_type: kind?.type ?? event,
      timestamp: timestamp ?? timeBefore(sentAt, rest.offset),
      user_id: (isGroup ? undefined : person) ?? memberOf(properties, "distinct_id"),
      anonymous_id: memberOf(properties, "$anon_distinct_id"),
      session_id: text(session) ?? memberOf(properties, "$session_id"),
      properties: kind && isJsonObject(properties) ? rename(properties, kind) : properties,
      ...(Object.keys(source).length > 0 && { context: { source } }),
    },
  };
}

/** A text that stands among the properties too, and stays there. Pages have all of them there. */
function memberOf(properties: unknown, name: string): unknown {
  const value = isJsonObject(properties) && Object.hasOwn(properties, name) ? text(properties[name]) : undefined;
  return typeof value === "string" ? value : undefined;
}

/** Pages put their key among the properties. Any other `token` there is somebody's own. */
function withoutKey(properties: unknown): unknown {
  if (!isJsonObject(properties) || !Object.hasOwn(properties, "token") || !isKey(properties.token)) return properties;
  const { token, ...own } = properties;
  return own;
}

/** Pages have what is opened beside the properties, servers among them. */
function gather(
  properties: unknown,
  beside: JsonObject,
  opened: string | undefined,
): { readonly properties: unknown; readonly rest: JsonObject } {
  const own = properties ?? {};
  if (opened === undefined || !isJsonObject(own) || Object.hasOwn(own, opened)) return { properties, rest: beside };
  const { [opened]: inner, ...rest } = beside;
  if (!isJsonObject(inner)) return { properties, rest: beside };
  return { properties: { ...own, [opened]: inner }, rest };
}

/** Older pages tell how many ms before it was sent an event was. */
function timeBefore(sentAt: number | undefined, offset: unknown): string | undefined {
  const time = new Date(sentAt !== undefined && typeof offset === "number" ? sentAt - offset : Number.NaN);
  const iso = Number.isNaN(time.getTime()) ? "" : time.toISOString();
  return parseTime(iso) === undefined ? undefined : iso;
}

/** What would hide another property keeps its name. */
function rename(properties: JsonObject, { names, opened }: Kind): JsonObject {
  const all = opened === undefined ? properties : open(properties, opened);
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => {
      const ours = Object.hasOwn(names, name) ? names[name] : undefined;
      return ours === undefined || Object.hasOwn(all, ours) ? [name, value] : [ours, text(value)];
    }),
  );
}

function open(properties: JsonObject, name: string): JsonObject {
  const { [name]: inner, ...others } = properties;
  const whole = isJsonObject(inner) && !Object.keys(inner).some((each) => Object.hasOwn(others, each));
  return whole ? { ...others, ...inner } : properties;
}

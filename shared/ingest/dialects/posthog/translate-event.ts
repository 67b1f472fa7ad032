import { isJsonObject, type JsonObject } from "../../../event/event.ts";
import type { RawEvent } from "../../raw-batch.ts";
import { text } from "../place.ts";

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

/** An event of PostHog's as one of ours. What has no place there stays under `context.source`, by its own name. */
export function translateEvent(sent: JsonObject, beside?: JsonObject): RawEvent {
  const {
    uuid,
    event,
    distinct_id: person,
    timestamp,
    session_id: session,
    properties,
    api_key,
    token,
    ...rest
  } = sent;
  const kind = typeof event === "string" && Object.hasOwn(kinds, event) ? kinds[event] : undefined;
  // What a group is told by is a made-up person.
  const isGroup = kind?.type === "group";
  const source = {
    ...rest,
    ...(kind && { event }),
    ...(isGroup && person !== undefined ? { distinct_id: person } : undefined),
    ...(beside && { batch: beside }),
  };
  return {
    value: {
      ...(uuid == null || uuid === "" ? undefined : { event_id: `${PREFIX}${text(uuid)}` }),
      event_type: kind?.type ?? event,
      timestamp,
      ...(isGroup ? undefined : { user_id: text(person) }),
      session_id: text(session) ?? sessionIn(properties),
      properties: kind && isJsonObject(properties) ? rename(properties, kind) : properties,
      ...(Object.keys(source).length > 0 && { context: { source } }),
    },
  };
}

/** It stands among the properties too, and stays there. */
function sessionIn(properties: unknown): unknown {
  const session = isJsonObject(properties) ? properties.$session_id : undefined;
  return typeof session === "string" && session !== "" ? session : undefined;
}

/** What would hide another property keeps its name. */
function rename(properties: JsonObject, { names, opened = "" }: Kind): JsonObject {
  const { [opened]: inner, ...others } = properties;
  const whole = isJsonObject(inner) && !Object.keys(inner).some((name) => Object.hasOwn(others, name));
  const all = whole ? { ...others, ...inner } : properties;
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => {
      const ours = Object.hasOwn(names, name) ? names[name] : undefined;
      return ours === undefined || Object.hasOwn(all, ours) ? [name, value] : [ours, text(value)];
    }),
  );
}

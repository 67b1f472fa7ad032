import { createHash } from "node:crypto";
import { eventBounds, isJsonObject, type JsonObject } from "../../../event/event.ts";
import { describe } from "../../describe.ts";
import type { EventProblem, RawEvent } from "../../raw-batch.ts";
import { text } from "../place.ts";

const PREFIX = "cloudevents:";
const required = ["id", "source", "type"] as const;

/**
 * A CloudEvent (version 1.0, in the form of JSON) as an event of ours. Attributes that have no place there stay under
 * `context.source`, and so does data that is no object.
 */
export function translateCloudEvent(sent: JsonObject): RawEvent {
  const problem = findProblem(sent);
  if (problem) return { problem };
  const { id, source, type, time, userid, anonymousid, sessionid, data, ...rest } = sent;
  const isObject = isJsonObject(data);
  return {
    value: {
      event_id: idOf(String(source), String(id)),
      event_type: type,
      timestamp: time,
      user_id: text(userid),
      anonymous_id: text(anonymousid),
      session_id: text(sessionid),
      ...(isObject && { properties: data }),
      context: { source: { ...rest, id, source, ...(isObject || data === undefined ? undefined : { data }) } },
    },
  };
}

function findProblem(sent: JsonObject): EventProblem | undefined {
  const { specversion } = sent;
  if (specversion !== "1.0") {
    const code = specversion === undefined ? "required" : "invalid_value";
    return { code, path: "specversion", message: `found ${describe(specversion)}, expected the text "1.0"` };
  }
  const name = required.find((one) => typeof sent[one] !== "string" || sent[one] === "");
  if (name === undefined) return undefined;
  const code = sent[name] === undefined ? "required" : "invalid_value";
  return { code, path: name, message: `found ${describe(sent[name])}, expected a text that is not empty` };
}

/** Only both together name an event. No source has a space: it is a reference to a URI. */
function idOf(source: string, id: string): string {
  const both = `${PREFIX}${source} ${id}`;
  if (both.length <= eventBounds.eventId && !/\s/.test(source)) return both;
  return `${PREFIX}${createHash("sha256")
    .update(JSON.stringify([source, id]))
    .digest("base64url")}`;
}

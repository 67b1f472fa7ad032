import type { Turns } from "../runtime/turn.ts";
import { inspectEvent } from "./inspect-event.ts";
import { endOfValue, OPEN_ARRAY, skipSpace } from "./json-bytes.ts";
import { elementsOf, membersOf, refuseRepeated } from "./json-members.ts";
import { invalidContext } from "./read-context.ts";

/**
 * The bytes of each event as they were sent. `bytes` are one sound JSON text: an event, an array of events or a
 * wrapper. Throws AppError `invalid_json` for a wrapper with a name that stands twice, since `JSON.parse` has dropped
 * the first of its values, and `invalid_body` for a `context` of it that was parsed as something else. Others have
 * their turns in between.
 */
export async function locateEvents(bytes: Buffer, turns: Turns): Promise<Buffer[]> {
  const start = skipSpace(bytes, 0);
  if (bytes[start] === OPEN_ARRAY) return elementsOf(bytes, start, turns);
  const members = await membersOf(bytes, start, turns);
  const events = members.find(({ name }) => name === "events");
  if (!events) return [bytes.subarray(start, endOfValue(bytes, start))];
  refuseRepeated(bytes, members);
  const context = members.find(({ name }) => name === "context");
  if (context) await checkContext(bytes.subarray(context.value, context.end), turns);
  return elementsOf(bytes, events.value, turns);
}

/** Says of the context of all events what is said of those of each. */
async function checkContext(source: Buffer, turns: Turns): Promise<void> {
  const problem = await inspectEvent(source, turns);
  if (!problem) return;
  const { path, message } = problem;
  throw invalidContext(path.startsWith("[") ? `context${path}` : `context.${path}`, message);
}

import { AppError } from "../errors.ts";
import type { Turns } from "../runtime/turn.ts";
import { shorten } from "./describe.ts";
import { inspectEvent } from "./inspect-event.ts";
import { placeIn } from "./invalid-json.ts";
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  createSkipValue,
  endOfString,
  endOfValue,
  OPEN_ARRAY,
  skipInTurns,
  skipSpace,
} from "./json-bytes.ts";
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
  const names = new Set<string>();
  for (const { name, at } of members) {
    if (names.has(name)) throw repeatedName(bytes, name, at);
    names.add(name);
  }
  const context = members.find(({ name }) => name === "context");
  if (context) await checkContext(bytes.subarray(context.value, context.end), turns);
  return elementsOf(bytes, events.value, turns);
}

async function elementsOf(bytes: Buffer, start: number, turns: Turns): Promise<Buffer[]> {
  const elements: Buffer[] = [];
  for (let i = skipSpace(bytes, start + 1); i < bytes.length && bytes[i] !== CLOSE_ARRAY; i = behindComma(bytes, i)) {
    const end = await skipInTurns(createSkipValue(), bytes, i, turns);
    elements.push(bytes.subarray(i, end));
    i = end;
    if (turns.isOver()) await turns.next();
  }
  return elements;
}

interface Member {
  readonly name: string;
  /** Where the name begins. */
  readonly at: number;
  /** Where the value begins. */
  readonly value: number;
  /** The index behind it. */
  readonly end: number;
}

/** Says of the context of all events what is said of those of each. */
async function checkContext(source: Buffer, turns: Turns): Promise<void> {
  const problem = await inspectEvent(source, turns);
  if (!problem) return;
  const { path, message } = problem;
  throw invalidContext(path.startsWith("[") ? `context${path}` : `context.${path}`, message);
}

async function membersOf(bytes: Buffer, start: number, turns: Turns): Promise<Member[]> {
  const members: Member[] = [];
  for (let i = skipSpace(bytes, start + 1); i < bytes.length && bytes[i] !== CLOSE_OBJECT; i = behindComma(bytes, i)) {
    const end = endOfString(bytes, i, bytes.length) + 1;
    const name = String(JSON.parse(bytes.toString("utf8", i, end)));
    const value = skipSpace(bytes, skipSpace(bytes, end) + 1);
    const behind = await skipInTurns(createSkipValue(), bytes, value, turns);
    members.push({ name, at: i, value, end: behind });
    i = behind;
  }
  return members;
}

/** Where the next element or member begins, or the end of them all is. */
function behindComma(bytes: Buffer, from: number): number {
  const i = skipSpace(bytes, from);
  return bytes[i] === COMMA ? skipSpace(bytes, i + 1) : i;
}

function repeatedName(bytes: Buffer, name: string, at: number): AppError {
  const { line, column, place } = placeIn(bytes.toString("utf8", 0, at));
  const what = `the name ${JSON.stringify(shorten(name))} stands a second time`;
  return new AppError("invalid_json", `the body is ambiguous: ${place}: ${what}`, { members: { line, column } });
}

import { AppError } from "../errors.ts";
import type { Turns } from "../runtime/turn.ts";
import { shorten } from "./describe.ts";
import { placeIn } from "./invalid-json.ts";
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  createSkipValue,
  endOfString,
  skipInTurns,
  skipSpace,
} from "./json-bytes.ts";

/** A member of an object, where it stands in the bytes. */
export interface Member {
  readonly name: string;
  /** Where the name begins. */
  readonly at: number;
  /** Where the value begins. */
  readonly value: number;
  /** The index behind it. */
  readonly end: number;
}

/** The members of an object of sound JSON that begins at `start`. Others have their turns in between. */
export async function membersOf(bytes: Buffer, start: number, turns: Turns): Promise<Member[]> {
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

/** The bytes of each element of an array of sound JSON that begins at `start`. */
export async function elementsOf(bytes: Buffer, start: number, turns: Turns): Promise<Buffer[]> {
  const elements: Buffer[] = [];
  for (let i = skipSpace(bytes, start + 1); i < bytes.length && bytes[i] !== CLOSE_ARRAY; i = behindComma(bytes, i)) {
    const end = await skipInTurns(createSkipValue(), bytes, i, turns);
    elements.push(bytes.subarray(i, end));
    i = end;
    if (turns.isOver()) await turns.next();
  }
  return elements;
}

/** Where the next element or member begins, or the end of them all is. */
function behindComma(bytes: Buffer, from: number): number {
  const i = skipSpace(bytes, from);
  return bytes[i] === COMMA ? skipSpace(bytes, i + 1) : i;
}

/** Throws AppError `invalid_json` for a name that stands twice: `JSON.parse` has dropped the first of its values. */
export function refuseRepeated(bytes: Buffer, members: readonly Member[]): void {
  const names = new Set<string>();
  for (const { name, at } of members) {
    if (names.has(name)) throw repeatedName(bytes, name, at);
    names.add(name);
  }
}

function repeatedName(bytes: Buffer, name: string, at: number): AppError {
  const { line, column, place } = placeIn(bytes.toString("utf8", 0, at));
  const what = `the name ${JSON.stringify(shorten(name))} stands a second time`;
  return new AppError("invalid_json", `the body is ambiguous: ${place}: ${what}`, { members: { line, column } });
}

import { AppError } from "../errors.ts";
import type { Turns } from "../runtime/turn.ts";
import { findJsonError } from "./find-json-error.ts";
import { NEWLINE, SLICE } from "./json-bytes.ts";

/** Where and why a text stops being JSON. `error` is what `JSON.parse` threw. */
export async function invalidJson(error: unknown, text: string, turns: Turns): Promise<AppError> {
  const before = text.slice(0, await findJsonError(text, turns));
  return invalidAt(before, `the body is not JSON: `, messageOf(error), turns);
}

/**
 * Throws AppError `invalid_json` for a string without an end. `before` is the text before it; if that stops being JSON
 * somewhere, nothing is thrown. `JSON.parse` would read the whole string at a stretch to say less.
 */
export async function refuseEndless(before: string, turns: Turns): Promise<void> {
  const begun = `${before}"`;
  if ((await findJsonError(begun, turns)) < begun.length) return;
  throw await invalidAt(before, "the body is not JSON: ", "the string that begins here has no end", turns);
}

/** Where bytes stop being UTF-8. */
export async function invalidUtf8(bytes: Buffer, turns: Turns): Promise<AppError> {
  const before = await soundPrefixOf(bytes, turns);
  return invalidAt(before, "the body is not UTF-8: ", "a byte that is none of it", turns);
}

async function invalidAt(before: string, what: string, why: string, turns: Turns): Promise<AppError> {
  await turns.pause();
  let feeds = 0;
  for (let i = 0; i < before.length; i += SLICE) {
    feeds += countFeeds(before, i, i + SLICE);
    if (turns.isOver()) await turns.next();
  }
  const { line, column, place } = toPlace(before, feeds);
  return new AppError("invalid_json", `${what}${place}: ${why}`, { members: { line, column } });
}

/** The place behind a text, counted from 1. Lines end at a line feed only; a column is a UTF-16 code unit. */
export function placeIn(before: string): Place {
  return toPlace(before, countFeeds(before, 0, before.length));
}

interface Place {
  readonly line: number;
  readonly column: number;
  readonly place: string;
}

function toPlace(before: string, feeds: number): Place {
  const [line, column] = [feeds + 1, before.length - before.lastIndexOf("\n")];
  return { line, column, place: `line ${line}, column ${column}` };
}

function countFeeds(text: string, from: number, to: number): number {
  let feeds = 0;
  for (let i = from; i < Math.min(to, text.length); i++) if (text.charCodeAt(i) === NEWLINE) feeds++;
  return feeds;
}

/** V8 quotes the text around an error; the quote is cut so that no answer or log repeats a client's data. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replace(/,? ?\.{0,3}"[\s\S]*"\.{0,3} is not valid JSON$/, "")
    .replace(/( in JSON)? at position \d+.*$/s, "");
}

/** The text before the first bytes that are not UTF-8. A U+FFFD that was sent as such is text like any other. */
async function soundPrefixOf(bytes: Buffer, turns: Turns): Promise<string> {
  await turns.pause();
  const text = bytes.toString();
  let [char, byte] = [0, 0];
  for (let at = text.indexOf("\ufffd"); at !== -1; at = text.indexOf("\ufffd", char)) {
    byte += Buffer.byteLength(text.slice(char, at));
    if (bytes[byte] !== 0xef || bytes[byte + 1] !== 0xbf || bytes[byte + 2] !== 0xbd) return text.slice(0, at);
    [char, byte] = [at + 1, byte + 3];
    if (turns.isOver()) await turns.next();
  }
  return text;
}

import { isUtf8 } from "node:buffer";
import { isJsonObject } from "../event/event.ts";
import { parseJson } from "../runtime/parse-json.ts";
import type { Turns } from "../runtime/turn.ts";
import { checkEscapedNames } from "./check-escaped-names.ts";
import { decodeUtf8 } from "./decode-utf8.ts";
import { messageOf } from "./invalid-json.ts";
import { CLOSE_OBJECT, isSpace, NEWLINE, OPEN_OBJECT, skipInTurns, skipSpace } from "./json-bytes.ts";
import { parseInTurns } from "./parse-in-turns.ts";
import { type RawBatch, type RawEvent, tooManyEvents } from "./raw-batch.ts";
import { checkBounds, checkDifferentNames, surveyInTurns, surveyJson } from "./survey-json.ts";

/**
 * Whether a body is NDJSON: its first line that is not blank is a whole JSON object, and other lines follow. One JSON
 * text never begins so. `start` is where that line begins. Throws AppError, as `checkBounds` does.
 */
export async function areLines(bytes: Buffer, start: number, turns: Turns): Promise<boolean> {
  const newline = bytes.indexOf(NEWLINE, start);
  if (bytes[start] !== OPEN_OBJECT || newline === -1) return false;
  if ((await skipInTurns(skipSpace, bytes, newline, turns)) === bytes.length) return false;
  const line = trimmed(bytes, start, newline);
  if (line[line.length - 1] !== CLOSE_OBJECT) return false;
  checkBounds(await surveyInTurns(line, turns));
  await turns.pause();
  if (!isUtf8(line)) return false;
  try {
    return isJsonObject(await parseInTurns(line, turns));
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/**
 * Reads NDJSON: one event from each line that is not blank, JSON or not. A line larger than an event may be is not
 * parsed. Throws AppError `too_many_events`, or as `checkBounds` does.
 */
export async function readLines(
  bytes: Buffer,
  limits: { readonly events: number; readonly eventBytes: number },
  turns: Turns,
): Promise<RawBatch> {
  const events: RawEvent[] = [];
  const sources: Buffer[] = [];
  let [names, values, mayRound] = [0, 0, false];
  for (let at = 0; ; ) {
    at = await skipInTurns(skipSpace, bytes, at, turns);
    if (at === bytes.length) break;
    const newline = bytes.indexOf(NEWLINE, at);
    const end = newline === -1 ? bytes.length : newline;
    const line = trimmed(bytes, at, end);
    at = end;
    if (events.length === limits.events) throw tooManyEvents(`more than ${limits.events}`, limits.events);
    sources.push(line);
    if (turns.isOver()) await turns.next();
    if (line.length > limits.eventBytes) {
      events.push(tooLarge(line.length, limits.eventBytes));
      continue;
    }
    const survey = surveyJson(line);
    values += survey.values;
    checkBounds({ ...survey, names: names + survey.names, values });
    const text = decodeUtf8(line);
    const event = text === undefined ? NOT_UTF8 : readLine(text, bytes.length);
    events.push(event);
    if ("problem" in event) continue;
    names += survey.names;
    mayRound ||= survey.mayRound;
  }
  await checkDifferentNames(bytes, { names }, turns);
  return { events, names, mayRound, sources: async () => sources };
}

const NOT_UTF8: RawEvent = { problem: { code: "not_utf8", path: "", message: "the line is not UTF-8" } };

function readLine(text: string, bodyBytes: number): RawEvent {
  const escaped = checkEscapedNames(text, bodyBytes);
  try {
    return { value: parseJson(text, escaped) };
  } catch (error) {
    return { problem: { code: "not_json", path: "", message: messageOf(error) } };
  }
}

function tooLarge(found: number, limit: number): RawEvent {
  return {
    problem: { code: "too_large", path: "", message: `found a line of ${found} bytes, expected at most ${limit}` },
  };
}

/** A line without the white space at its end. */
function trimmed(bytes: Buffer, start: number, newline: number): Buffer {
  let end = newline;
  while (end > start && isSpace(bytes[end - 1])) end--;
  return bytes.subarray(start, end);
}

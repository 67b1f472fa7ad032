import { isJsonObject } from "../event/event.ts";
import { parseJson } from "../runtime/parse-json.ts";
import { checkEscapedNames } from "./check-escaped-names.ts";
import { decodeUtf8 } from "./decode-utf8.ts";
import { messageOf } from "./invalid-json.ts";
import { CLOSE_OBJECT, isSpace, NEWLINE, OPEN_OBJECT, skipSpace } from "./json-bytes.ts";
import { type RawBatch, type RawEvent, tooManyEvents } from "./raw-batch.ts";
import { checkBounds, checkDifferentNames, surveyJson } from "./survey-json.ts";

/**
 * Whether a body is NDJSON: its first line that is not blank is a whole JSON object, and other lines follow. One JSON
 * text never begins so. Throws AppError, as `checkBounds` does.
 */
export function areLines(bytes: Buffer): boolean {
  const start = skipSpace(bytes, 0);
  const newline = bytes.indexOf(NEWLINE, start);
  if (bytes[start] !== OPEN_OBJECT || newline === -1 || skipSpace(bytes, newline) === bytes.length) return false;
  const line = trimmed(bytes, start, newline);
  if (line[line.length - 1] !== CLOSE_OBJECT) return false;
  checkBounds(surveyJson(line));
  const first = readLine(line, 0);
  return "value" in first && isJsonObject(first.value);
}

/**
 * Reads NDJSON: one event from each line that is not blank, JSON or not. A line larger than an event may be is not
 * parsed. Throws AppError `too_many_events`, or as `checkBounds` does.
 */
export function readLines(bytes: Buffer, limits: { readonly events: number; readonly eventBytes: number }): RawBatch {
  const events: RawEvent[] = [];
  const sources: Buffer[] = [];
  let [names, values, mayRound] = [0, 0, false];
  for (const line of linesOf(bytes)) {
    if (events.length === limits.events) throw tooManyEvents(`more than ${limits.events}`, limits.events);
    sources.push(line);
    if (line.length > limits.eventBytes) {
      events.push(tooLarge(line.length, limits.eventBytes));
      continue;
    }
    const survey = surveyJson(line);
    values += survey.values;
    checkBounds({ ...survey, names: names + survey.names, values });
    const event = readLine(line, bytes.length);
    events.push(event);
    if ("problem" in event) continue;
    names += survey.names;
    mayRound ||= survey.mayRound;
  }
  checkDifferentNames(bytes, { names });
  return { events, names, mayRound, sources: () => sources };
}

function readLine(line: Buffer, bodyBytes: number): RawEvent {
  const text = decodeUtf8(line);
  if (text === undefined) return { problem: { code: "not_utf8", path: "", message: "the line is not UTF-8" } };
  checkEscapedNames(text, bodyBytes);
  try {
    return { value: parseJson(text) };
  } catch (error) {
    return { problem: { code: "not_json", path: "", message: messageOf(error) } };
  }
}

function tooLarge(found: number, limit: number): RawEvent {
  return {
    problem: { code: "too_large", path: "", message: `found a line of ${found} bytes, expected at most ${limit}` },
  };
}

/** The lines that are not blank, without the white space at their ends. A line ends at a line feed only. */
function* linesOf(bytes: Buffer): Generator<Buffer> {
  for (let start = skipSpace(bytes, 0); start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    yield trimmed(bytes, start, end);
    start = skipSpace(bytes, end);
  }
}

function trimmed(bytes: Buffer, start: number, newline: number): Buffer {
  let end = newline;
  while (end > start && isSpace(bytes[end - 1])) end--;
  return bytes.subarray(start, end);
}

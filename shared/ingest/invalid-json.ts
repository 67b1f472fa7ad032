import { AppError } from "../errors.ts";

/** Beyond this the search for the position is not worth its time. */
const SEARCHED_CHARS = 1024 * 1024;

/** Where and why a text stops being JSON. `error` is what `JSON.parse` threw. */
export function invalidJson(error: unknown, text: string): AppError {
  const position = positionOf(error, text);
  if (position === undefined) return new AppError("invalid_json", `the body is not JSON: ${messageOf(error)}`);
  const before = text.slice(0, position);
  const line = before.split("\n").length;
  const column = position - before.lastIndexOf("\n");
  return new AppError("invalid_json", `the body is not JSON: line ${line}, column ${column}: ${messageOf(error)}`, {
    members: { line, column },
  });
}

/** V8 quotes the text around an error; the quote is cut so that no answer or log repeats a client's data. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replace(/,? ?\.{0,3}"[\s\S]*"\.{0,3} is not valid JSON$/, "")
    .replace(/ in JSON at position \d+.*$/s, "");
}

/**
 * Where a text stops being JSON. V8 tells the position only in some of its messages. For the others it is the end of
 * the longest prefix that could still go on, found by halving.
 */
function positionOf(error: unknown, text: string): number | undefined {
  const told = positionIn(error);
  if (told !== undefined || text.length > SEARCHED_CHARS) return told;
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (couldGoOn(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return couldGoOn(text) ? text.length : good;
}

function couldGoOn(prefix: string): boolean {
  try {
    JSON.parse(prefix);
    return true;
  } catch (error) {
    const position = positionIn(error);
    return position === undefined ? /end of JSON/.test(String(error)) : position >= prefix.length;
  }
}

function positionIn(error: unknown): number | undefined {
  const match = /position (\d+)/.exec(String(error));
  return match ? Number(match[1]) : undefined;
}

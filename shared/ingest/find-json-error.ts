import { skipSpace } from "../runtime/parse-json.ts";
import type { Turns } from "../runtime/turn.ts";
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isSpace,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SLICE,
} from "./json-bytes.ts";

/** What may come next. At `element`, `name` and `next` the array or object may also end. */
type Expected = "value" | "element" | "name" | "name only" | "colon" | "next";

const literals: Readonly<Record<string, string>> = { t: "true", f: "false", n: "null" };
/** By code: what may follow a backslash, `u` aside. */
const escapes = Uint8Array.from({ length: 128 }, (_, code) => Number('"\\/bfnrt'.includes(String.fromCharCode(code))));

/**
 * The index at which a text stops being JSON; its length when it is cut off, or is JSON. V8 tells it only in some of
 * its messages. One pass, whatever the text; others have their turns in between.
 */
export async function findJsonError(text: string, turns: Turns): Promise<number> {
  /** Whether each open bracket is an array's. */
  const open: boolean[] = [];
  let expected: Expected = "value";
  for (let i = 0; i < text.length; ) {
    i = skipSpace(text, i, Math.min(text.length, i + SLICE));
    if (i === text.length) break;
    if (turns.isOver()) await turns.next();
    const code = text.charCodeAt(i);
    // The rest of much white space.
    if (isSpace(code)) continue;
    const inArray = open.at(-1);
    const mayClose = expected === "next" || expected === "element" || expected === "name";
    if (mayClose && inArray !== undefined && code === (inArray ? CLOSE_ARRAY : CLOSE_OBJECT)) {
      open.pop();
      expected = "next";
      i++;
    } else if (expected === "next") {
      if (code !== COMMA || inArray === undefined) return i;
      expected = inArray ? "value" : "name only";
      i++;
    } else if (expected === "colon") {
      if (code !== COLON) return i;
      expected = "value";
      i++;
    } else if (expected === "name" || expected === "name only") {
      i = code === QUOTE ? readString(text, i) : ~i;
      expected = "colon";
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      open.push(code === OPEN_ARRAY);
      expected = code === OPEN_ARRAY ? "element" : "name";
      i++;
    } else {
      i = readScalar(text, i);
      expected = "next";
    }
    if (i < 0) return ~i;
  }
  return text.length;
}

/** Like every reader of a token: the index behind it, or `~index` of where it stops being one. */
function readScalar(text: string, start: number): number {
  const char = text[start] ?? "";
  if (char === '"') return readString(text, start);
  const literal = literals[char];
  if (literal === undefined) return readNumber(text, start);
  for (let i = 0; i < literal.length; i++) if (text[start + i] !== literal[i]) return ~(start + i);
  return start + literal.length;
}

function readString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) return i + 1;
    if (code < 0x20) return ~i;
    if (code !== 0x5c) continue;
    i++;
    if (i === text.length) break;
    if (text.charCodeAt(i) === 0x75) {
      const digits = /^[0-9a-fA-F]*/.exec(text.slice(i + 1, i + 5))?.[0].length ?? 0;
      if (digits < 4) return ~(i + 1 + digits);
      i += 4;
    } else if (escapes[text.charCodeAt(i)] !== 1) return ~i;
  }
  return ~text.length;
}

function readNumber(text: string, start: number): number {
  const first = text[start] === "-" ? start + 1 : start;
  let i = text[first] === "0" ? first + 1 : skipDigits(text, first);
  if (i === first) return ~i;
  if (text[i] === ".") {
    const from = i + 1;
    i = skipDigits(text, from);
    if (i === from) return ~i;
  }
  if (text[i] === "e" || text[i] === "E") {
    const from = text[i + 1] === "+" || text[i + 1] === "-" ? i + 2 : i + 1;
    i = skipDigits(text, from);
    if (i === from) return ~i;
  }
  return i;
}

function skipDigits(text: string, from: number): number {
  let i = from;
  while (text.charCodeAt(i) >= 0x30 && text.charCodeAt(i) <= 0x39) i++;
  return i;
}

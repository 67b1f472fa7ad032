/** What may come next. At `element`, `name` and `next` the array or object may also end. */
type Expected = "value" | "element" | "name" | "name only" | "colon" | "next";

const literals: Readonly<Record<string, string>> = { t: "true", f: "false", n: "null" };
const escapes = '"\\/bfnrt';

/**
 * The index at which a text stops being JSON; its length when it is cut off, or is JSON. V8 tells it only in some of
 * its messages. One pass, whatever the text.
 */
export function findJsonError(text: string): number {
  const open: ("}" | "]")[] = [];
  let expected: Expected = "value";
  for (let i = skipSpace(text, 0); i < text.length; i = skipSpace(text, i)) {
    const char = text[i] ?? "";
    const closes = char === open.at(-1) && (expected === "element" || expected === "name" || expected === "next");
    if (closes) {
      open.pop();
      [expected, i] = ["next", i + 1];
    } else if (expected === "next") {
      if (char !== "," || open.length === 0) return i;
      [expected, i] = [open.at(-1) === "]" ? "value" : "name only", i + 1];
    } else if (expected === "colon") {
      if (char !== ":") return i;
      [expected, i] = ["value", i + 1];
    } else if (expected === "name" || expected === "name only") {
      if (char !== '"') return i;
      const { end, sound } = readString(text, i);
      if (!sound) return end;
      [expected, i] = ["colon", end];
    } else if (char === "{" || char === "[") {
      open.push(char === "{" ? "}" : "]");
      [expected, i] = [char === "{" ? "name" : "element", i + 1];
    } else {
      const { end, sound } = readScalar(text, i);
      if (!sound) return end;
      [expected, i] = ["next", end];
    }
  }
  return text.length;
}

/** `end`: behind the token when it is sound, else where it stops being one. */
interface Token {
  readonly end: number;
  readonly sound: boolean;
}

function readScalar(text: string, start: number): Token {
  const char = text[start] ?? "";
  if (char === '"') return readString(text, start);
  const literal = literals[char];
  if (literal === undefined) return readNumber(text, start);
  for (let i = 0; i < literal.length; i++) {
    if (text[start + i] !== literal[i]) return { end: start + i, sound: false };
  }
  return { end: start + literal.length, sound: true };
}

function readString(text: string, start: number): Token {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) return { end: i + 1, sound: true };
    if (code < 0x20) return { end: i, sound: false };
    if (code !== 0x5c) continue;
    const { end, sound } = readEscape(text, i + 1);
    if (!sound) return { end, sound };
    i = end - 1;
  }
  return { end: text.length, sound: false };
}

/** What follows a backslash. */
function readEscape(text: string, start: number): Token {
  if (text[start] !== "u") {
    const sound = start < text.length && escapes.includes(text[start] ?? "");
    return { end: sound ? start + 1 : start, sound };
  }
  const digits = /^[0-9a-fA-F]*/.exec(text.slice(start + 1, start + 5))?.[0].length ?? 0;
  return { end: start + 1 + digits, sound: digits === 4 };
}

function readNumber(text: string, start: number): Token {
  const first = text[start] === "-" ? start + 1 : start;
  let i = text[first] === "0" ? first + 1 : skipDigits(text, first);
  let sound = i > first;
  if (sound && text[i] === ".") {
    const from = i + 1;
    i = skipDigits(text, from);
    sound = i > from;
  }
  if (sound && (text[i] === "e" || text[i] === "E")) {
    const from = text[i + 1] === "+" || text[i + 1] === "-" ? i + 2 : i + 1;
    i = skipDigits(text, from);
    sound = i > from;
  }
  return { end: i, sound };
}

function skipDigits(text: string, from: number): number {
  let i = from;
  while (text.charCodeAt(i) >= 0x30 && text.charCodeAt(i) <= 0x39) i++;
  return i;
}

function skipSpace(text: string, from: number): number {
  let i = from;
  while (" \n\r\t".includes(text[i] ?? "x")) i++;
  return i;
}

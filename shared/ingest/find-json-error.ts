/** What may come next. At `element`, `name` and `next` the array or object may also end. */
type Expected = "value" | "element" | "name" | "name only" | "colon" | "next";

const literals: Readonly<Record<string, string>> = { t: "true", f: "false", n: "null" };
/** By code: what may follow a backslash, `u` aside. */
const escapes = Uint8Array.from({ length: 128 }, (_, code) => Number('"\\/bfnrt'.includes(String.fromCharCode(code))));

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
      const end = readString(text, i);
      if (end < 0) return ~end;
      [expected, i] = ["colon", end];
    } else if (char === "{" || char === "[") {
      open.push(char === "{" ? "}" : "]");
      [expected, i] = [char === "{" ? "name" : "element", i + 1];
    } else {
      const end = readScalar(text, i);
      if (end < 0) return ~end;
      [expected, i] = ["next", end];
    }
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

function skipSpace(text: string, from: number): number {
  let i = from;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
  }
  return i;
}

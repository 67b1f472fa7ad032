/**
 * `JSON.parse`, but for a fault of V8 (nodejs/node#63785, seen in Node 24.21 and 26.5). A name that is written with an
 * escape is read as another name of another text, when an object of that text had a name with a backslash in this
 * place: after `{"a":1,"caf\\u":1}` of one org, `{"a":1,"caf\u00e9s":1}` of another has `caf\u` for a name. So a text
 * with an escaped name is read by the reader below. Throws SyntaxError.
 *
 * @param escaped whether the text has such a name, by `hasEscapedName`, from who asked already
 */
export function parseJson(text: string, escaped?: boolean): unknown {
  const value: unknown = JSON.parse(text);
  return (escaped ?? hasEscapedName(text)) ? readValue({ text, at: 0 }) : value;
}

/** Whether a name of an object is written with an escape. */
export function hasEscapedName(text: string): boolean {
  for (let i = text.indexOf("\\"); i !== -1; i = text.indexOf("\\", i)) {
    // A backslash is in a string: what follows its end tells whether that is a name.
    i = endOfString(text, i);
    if (text.charCodeAt(skipSpace(text, i)) === COLON) return true;
  }
  return false;
}

interface Reader {
  readonly text: string;
  at: number;
}

const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** Reads sound JSON, nested no deeper than `JSON.parse` was given it. */
function readValue(reader: Reader): unknown {
  reader.at = skipSpace(reader.text, reader.at);
  switch (reader.text[reader.at]) {
    case "{":
      return readObject(reader);
    case "[":
      return readArray(reader);
    case '"':
      return readString(reader);
    default:
      return readScalar(reader);
  }
}

function readObject(reader: Reader): object {
  const object: Record<string, unknown> = {};
  while (goesOn(reader, "}")) {
    const name = readString(reader);
    reader.at = skipSpace(reader.text, reader.at) + 1;
    const value = readValue(reader);
    if (name === "__proto__")
      Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true });
    else object[name] = value;
  }
  return object;
}

function readArray(reader: Reader): unknown[] {
  const array: unknown[] = [];
  while (goesOn(reader, "]")) array.push(readValue(reader));
  return array;
}

/** Steps over what opens or separates, to the next element or name; or over the end. */
function goesOn(reader: Reader, end: "]" | "}"): boolean {
  const { text } = reader;
  const here = skipSpace(text, reader.at);
  if (text[here] === end) {
    reader.at = here + 1;
    return false;
  }
  const next = skipSpace(text, here + 1);
  const over = text[next] === end;
  reader.at = over ? next + 1 : next;
  return !over;
}

/** A text by itself has no names: `JSON.parse` may read its escapes. */
function readString(reader: Reader): string {
  const { text, at } = reader;
  reader.at = endOfString(text, at + 1);
  const inner = text.slice(at + 1, reader.at - 1);
  return inner.includes("\\") ? String(JSON.parse(text.slice(at, reader.at))) : inner;
}

function readScalar(reader: Reader): unknown {
  const { text, at } = reader;
  while (reader.at < text.length && !" \n\r\t,]}".includes(text[reader.at] ?? "")) reader.at++;
  return JSON.parse(text.slice(at, reader.at));
}

/** Behind the closing quote of a string that is open at `from`: the first one that no backslash escapes. */
function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let i = quote;
    while (i > from && text.charCodeAt(i - 1) === BACKSLASH) i--;
    if ((quote - i) % 2 === 0) return quote + 1;
  }
  return text.length;
}

/** The index of the first character that is not JSON's white space; at most `to`. */
export function skipSpace(text: string, from: number, to = text.length): number {
  let i = from;
  for (; i < to; i++) {
    const code = text.charCodeAt(i);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
  }
  return i;
}

/** A pattern as a tree. An atom is one code point, by the text that matches it in a regular expression. */
export type PatternNode =
  | { readonly is: "atom"; readonly text: string }
  | { readonly is: "start" | "end" }
  | { readonly is: "sequence" | "choice"; readonly of: readonly PatternNode[] }
  /** `most` may be Infinity. */
  | { readonly is: "repeat"; readonly of: PatternNode; readonly least: number; readonly most: number };

/** Why a pattern is not taken. */
export class PatternError extends Error {}

interface Reader {
  readonly text: string;
  at: number;
}

/**
 * Parses a regular expression of ECMA-262 with the flag `u`, as JSON Schema asks for. V8 tells whether it is one, and
 * so nothing here looks for errors of syntax. What takes more than one look at a text is refused: looking around, going
 * back to what was found, the edges of words. Throws PatternError.
 */
export function parsePattern(source: string): PatternNode {
  try {
    new RegExp(source, "u");
  } catch (error) {
    const [, why] = /: ([^:]+)$/.exec(error instanceof Error ? error.message : "") ?? [];
    throw new PatternError(`is not a regular expression of ECMA-262 with the flag u${why ? `: ${why}` : ""}`);
  }
  return readChoice({ text: source, at: 0 });
}

/** To the end, or to the bracket that closes a group. */
function readChoice(reader: Reader): PatternNode {
  const of = [readSequence(reader)];
  while (reader.text[reader.at] === "|") {
    reader.at++;
    of.push(readSequence(reader));
  }
  return only(of) ?? { is: "choice", of };
}

function readSequence(reader: Reader): PatternNode {
  const of: PatternNode[] = [];
  while (reader.at < reader.text.length && !"|)".includes(reader.text[reader.at] ?? "")) of.push(readRepeated(reader));
  return only(of) ?? { is: "sequence", of };
}

function only(nodes: readonly PatternNode[]): PatternNode | undefined {
  return nodes.length === 1 ? nodes[0] : undefined;
}

const QUANTIFIER = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/y;

function readRepeated(reader: Reader): PatternNode {
  const of = readOne(reader);
  QUANTIFIER.lastIndex = reader.at;
  const found = QUANTIFIER.exec(reader.text);
  if (!found) return of;
  reader.at = QUANTIFIER.lastIndex;
  const [, sign, least = "0", comma, most = ""] = found;
  if (sign) return { is: "repeat", of, least: sign === "+" ? 1 : 0, most: sign === "?" ? 1 : Number.POSITIVE_INFINITY };
  const upTo = most === "" ? Number.POSITIVE_INFINITY : Number(most);
  return { is: "repeat", of, least: Number(least), most: comma === undefined ? Number(least) : upTo };
}

function readOne(reader: Reader): PatternNode {
  const { text, at } = reader;
  switch (text[at]) {
    case "(":
      return readGroup(reader);
    case "^":
      reader.at++;
      return { is: "start" };
    case "$":
      reader.at++;
      return { is: "end" };
    case "[":
      reader.at = endOfClass(text, at);
      break;
    case "\\":
      reader.at = endOfEscape(text, at);
      break;
    default:
      reader.at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  return { is: "atom", text: text.slice(at, reader.at) };
}

function readGroup(reader: Reader): PatternNode {
  const opening = /\((?:\?(?:<[^=!][^>]*>|[^(]))?/y;
  opening.lastIndex = reader.at;
  const [open = "("] = opening.exec(reader.text) ?? [];
  if (open.startsWith("(?") && open !== "(?:" && !open.startsWith("(?<"))
    refuse(`\`${open}\` looks around or sets flags`);
  if (open === "(?<") refuse("`(?<=` and `(?<!` look back");
  reader.at += open.length;
  const inner = readChoice(reader);
  reader.at++;
  return inner;
}

function endOfClass(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== "]") at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

const ESCAPE = /\\(?:u\{[0-9a-f]+\}|u(?:d[89ab]..\\ud[c-f]..|....)|x..|c.|[pP]\{[^}]+\}|.)/isy;

function endOfEscape(text: string, from: number): number {
  const next = text[from + 1] ?? "";
  if (next === "k" || (next >= "1" && next <= "9")) refuse("it goes back to what a group has found");
  if (next === "b" || next === "B") refuse(`\`\\${next}\`, the edge of a word, is not supported`);
  ESCAPE.lastIndex = from;
  ESCAPE.exec(text);
  return ESCAPE.lastIndex;
}

function refuse(why: string): never {
  throw new PatternError(`is not matched in linear time: ${why}`);
}

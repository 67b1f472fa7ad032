import { badRequest } from "../errors.ts";

export type TokenKind = "name" | "string" | "number" | "parameter" | "symbol" | "end";

export interface Token {
  readonly kind: TokenKind;
  /** As written; for strings, their value. */
  readonly text: string;
  /** In upper case, to recognize keywords; empty for strings, so that 'from' is never FROM. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

const PATTERN =
  /(?<space>\s+|--[^\n]*)|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<parameter>@[A-Za-z_][A-Za-z0-9_]*)|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<symbol>\?\?|\|\||!=|<>|<=|>=|[=<>+\-*/%(),.[\]{}:?])/suy;

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };

/** @throws {CosmosError} 400 at the first character that does not start a token */
export function tokenize(query: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(PATTERN);
  let start = 0;
  while (start < query.length) {
    pattern.lastIndex = start;
    const match = pattern.exec(query);
    if (!match) throw syntaxError(query.charAt(start), start);
    const end = pattern.lastIndex;
    const token = toToken(match.groups ?? {}, start, end);
    if (token) tokens.push(token);
    start = end;
  }
  tokens.push({ kind: "end", text: "end of query", word: "", start, end: start });
  return tokens;
}

function toToken(groups: Record<string, string | undefined>, start: number, end: number): Token | undefined {
  for (const kind of ["name", "number", "parameter", "string", "symbol"] as const) {
    const text = groups[kind];
    if (text === undefined) continue;
    if (kind === "string") return { kind, text: unquote(text), word: "", start, end };
    return { kind, text, word: kind === "name" || kind === "symbol" ? text.toUpperCase() : "", start, end };
  }
  return undefined;
}

function unquote(text: string): string {
  return text
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gsu, (_, hex: string | undefined, character: string | undefined) =>
      hex === undefined ? (ESCAPES[character ?? ""] ?? character ?? "") : String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

export function syntaxError(near: string, at: number): Error {
  return badRequest(`Syntax error, incorrect syntax near '${near}' at character ${at}.`);
}

export function unsupported(what: string, at: number): Error {
  return badRequest(`'${what}' at character ${at} is not supported by this emulator of Cosmos DB.`);
}

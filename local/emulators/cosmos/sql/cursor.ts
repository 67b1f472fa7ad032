import { badRequest } from "../errors.ts";
import type { Value } from "../json.ts";
import { syntaxError, type Token, tokenize } from "./tokenize.ts";

const END: Token = { kind: "end", text: "end of query", word: "", start: 0, end: 0 };

/** Words that cannot be an alias, so that `FROM c WHERE` does not read WHERE as one. */
const RESERVED = new Set(
  "AND ARRAY AS ASC BETWEEN BY DESC DISTINCT ESCAPE EXISTS FALSE FROM GROUP IN JOIN LIKE LIMIT NOT NULL OFFSET OR ORDER SELECT TOP TRUE UDF UNDEFINED VALUE WHERE".split(
    " ",
  ),
);

/** Reads tokens one by one; parameters are replaced by their values as they are met. */
export interface Cursor {
  peek(ahead?: number): Token;
  next(): Token;
  /** Takes the token if it is one of these words or symbols. */
  accept(...words: readonly string[]): Token | undefined;
  expect(word: string): Token;
  /** A name that is not a keyword. */
  acceptName(): string | undefined;
  expectName(): string;
  /** Where the last taken token ended. */
  lastEnd(): number;
  parameter(token: Token): Value;
}

export function createCursor(query: string, parameters: ReadonlyMap<string, Value>): Cursor {
  const tokens = tokenize(query);
  let position = 0;
  const peek = (ahead = 0): Token => tokens[position + ahead] ?? END;
  const next = (): Token => tokens[position++] ?? END;
  const isFreeName = (token: Token): boolean => token.kind === "name" && !RESERVED.has(token.word);
  return {
    peek,
    next,
    accept: (...words) => (words.includes(peek().word) && peek().word !== "" ? next() : undefined),
    expect: (word) => {
      if (peek().word !== word) throw syntaxError(peek().text, peek().start);
      return next();
    },
    acceptName: () => (isFreeName(peek()) ? next().text : undefined),
    expectName: () => {
      if (!isFreeName(peek())) throw syntaxError(peek().text, peek().start);
      return next().text;
    },
    lastEnd: () => tokens[position - 1]?.end ?? 0,
    parameter: (token) => {
      if (!parameters.has(token.text)) throw badRequest(`The query parameter '${token.text}' has no value.`);
      return parameters.get(token.text);
    },
  };
}

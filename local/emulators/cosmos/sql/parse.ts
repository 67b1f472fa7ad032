import { badRequest } from "../errors.ts";
import type { Value } from "../json.ts";
import type { Expression, OrderItem, Query, SelectItem, Selection, Source, Span } from "./ast.ts";
import { type Cursor, createCursor } from "./cursor.ts";
import { parseExpression } from "./parse-expression.ts";
import { syntaxError, unsupported } from "./tokenize.ts";

export type Parameters = ReadonlyMap<string, Value>;

/** @throws {CosmosError} 400 with the token that is wrong, or that this emulator does not know */
export function parseQuery(text: string, parameters: Parameters): Query {
  const cursor = createCursor(text, parameters);
  const query = parseSelect(cursor);
  expectEnd(cursor);
  if (query.sources.length === 0) throw unsupported("SELECT without FROM", 0);
  return query;
}

/** The condition of a patch: `FROM c WHERE c.x = 1`. */
export function parseCondition(text: string): Query {
  const cursor = createCursor(text, new Map());
  const query = parseClauses(cursor, { selection: { kind: "star" }, distinct: false }, { start: 0, end: 0 });
  expectEnd(cursor);
  return query;
}

function expectEnd(cursor: Cursor): void {
  const token = cursor.peek();
  if (token.kind !== "end") throw syntaxError(token.text, token.start);
}

const parseValue = (cursor: Cursor): Expression => parseExpression(cursor, parseSelect);

function parseSelect(cursor: Cursor): Query {
  cursor.expect("SELECT");
  const distinct = cursor.accept("DISTINCT") !== undefined;
  const top = cursor.accept("TOP") ? parseCount(cursor) : undefined;
  const start = cursor.peek().start;
  const selection = parseSelection(cursor);
  return parseClauses(
    cursor,
    { selection, distinct, ...(top === undefined ? {} : { top }) },
    { start, end: cursor.lastEnd() },
  );
}

function parseSelection(cursor: Cursor): Selection {
  if (cursor.accept("*")) return { kind: "star" };
  if (cursor.accept("VALUE")) return { kind: "value", expression: parseValue(cursor) };
  const items: SelectItem[] = [];
  do {
    const expression = parseValue(cursor);
    const alias = parseAlias(cursor);
    items.push(alias === undefined ? { expression } : { expression, alias });
  } while (cursor.accept(","));
  return { kind: "items", items };
}

function parseAlias(cursor: Cursor): string | undefined {
  if (!cursor.accept("AS")) return cursor.acceptName();
  // After AS any word is a name, also a keyword such as `value`.
  const token = cursor.next();
  if (token.kind !== "name") throw syntaxError(token.text, token.start);
  return token.text;
}

type Head = Pick<Query, "selection" | "distinct"> & { readonly top?: number };

function parseClauses(cursor: Cursor, head: Head, selection: Span): Query {
  const fromStart = cursor.peek().start;
  const from = cursor.accept("FROM") ? parseFrom(cursor) : { sources: [] };
  const fromEnd = cursor.lastEnd();
  const where = cursor.accept("WHERE") ? parseValue(cursor) : undefined;
  const groupBy = cursor.accept("GROUP") ? parseBy(cursor, parseValue) : [];
  const orderBy = cursor.accept("ORDER") ? parseBy(cursor, parseOrderItem) : [];
  const page = parseOffsetLimit(cursor);
  if (orderBy.length > 0 && groupBy.length > 0)
    throw badRequest("'ORDER BY' is not supported in presence of GROUP BY.");
  return {
    ...head,
    ...from,
    groupBy,
    orderBy,
    ...page,
    ...(where === undefined ? {} : { where }),
    span: { selection, from: { start: fromStart, end: fromEnd } },
  };
}

function parseFrom(cursor: Cursor): Pick<Query, "sources" | "rootName"> {
  const first = parseSource(cursor);
  const sources = [first.source];
  while (cursor.accept("JOIN")) {
    const joined = parseSource(cursor).source;
    if (joined.kind === "root") throw badRequest("JOIN needs an array: JOIN x IN c.items.");
    sources.push(joined);
  }
  return { sources, ...(first.rootName === undefined ? {} : { rootName: first.rootName }) };
}

function parseSource(cursor: Cursor): { readonly source: Source; readonly rootName?: string } {
  if (cursor.accept("(")) {
    const query = parseSelect(cursor);
    cursor.expect(")");
    cursor.accept("AS");
    return { source: { kind: "rows", alias: cursor.expectName(), query } };
  }
  const name = cursor.expectName();
  if (cursor.accept("IN")) {
    const array = parseValue(cursor);
    const rootName = nameOfRoot(array);
    return { source: { kind: "elements", alias: name, array }, ...(rootName === undefined ? {} : { rootName }) };
  }
  const path: string[] = [];
  while (cursor.accept(".")) path.push(cursor.next().text);
  cursor.accept("AS");
  const alias = cursor.acceptName() ?? path.at(-1) ?? name;
  return { source: { kind: "root", name, alias, path } };
}

function nameOfRoot(expression: Expression): string | undefined {
  if (expression.kind === "member") return nameOfRoot(expression.object);
  return expression.kind === "name" ? expression.name : undefined;
}

function parseBy<T>(cursor: Cursor, parseItem: (cursor: Cursor) => T): T[] {
  cursor.expect("BY");
  const items = [parseItem(cursor)];
  while (cursor.accept(",")) items.push(parseItem(cursor));
  return items;
}

function parseOrderItem(cursor: Cursor): OrderItem {
  if (cursor.peek().word === "RANK") throw unsupported("RANK", cursor.peek().start);
  const expression = parseValue(cursor);
  return { expression, descending: cursor.accept("ASC", "DESC")?.word === "DESC" };
}

function parseOffsetLimit(cursor: Cursor): { offset?: number; limit?: number } {
  if (!cursor.accept("OFFSET")) return {};
  const offset = parseCount(cursor);
  cursor.expect("LIMIT");
  return { offset, limit: parseCount(cursor) };
}

function parseCount(cursor: Cursor): number {
  const token = cursor.next();
  const value =
    token.kind === "parameter" ? cursor.parameter(token) : token.kind === "number" ? Number(token.text) : undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  throw syntaxError(`${token.text} (a count is expected)`, token.start);
}

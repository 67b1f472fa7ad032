import { setImmediate as yieldToOthers } from "node:timers/promises";
import { getPath, type Json } from "../json.ts";
import type { PartitionKeyValue } from "../partition/definition.ts";
import type { PartitionRange } from "../partition/ranges.ts";
import { compareKeys } from "../sql/result-set.ts";
import type { OpenContainer } from "../store/catalog.ts";
import type { Store } from "../store/database.ts";
import { encodeKey } from "../store/key.ts";
import type { Position } from "./continuation.ts";
import type { SqlFilter } from "./filter.ts";
import type { Order } from "./order.ts";

/** Which documents a query may see, and in which order. */
export interface ScanRequest {
  readonly open: OpenContainer;
  readonly filter: SqlFilter;
  readonly order: Order;
  readonly partition?: readonly PartitionKeyValue[];
  readonly range?: PartitionRange;
  /** Seconds since 1970. */
  readonly now: number;
  /** Told how many documents were looked at and passed over. */
  onPassedOver(count: number): void;
}

export interface ScannedDocument extends Position {
  readonly body: string;
}

const CHUNK = 1000;
/** How long one query may hold the process before others get a turn. */
const TURN_MS = 10;

type Parameter = string | number;

/** The conditions of a scan. The keys of the partition are columns, so that every index below them can be used. */
function describeScan({ open, filter, order, partition, range, now }: Omit<ScanRequest, "onPassedOver">): {
  sql: string;
  params: Parameter[];
} {
  const conditions = [filter.sql, "(expires IS NULL OR expires > ?)"];
  const params: Parameter[] = [...filter.params, now];
  for (const [index, component] of (partition ?? []).entries()) {
    conditions.push(`${open.documents.columnOf(open.container.partitionPaths[index] ?? [])} = ?`);
    params.push(encodeKey(component));
  }
  if (range && open.container.ranges.length > 1) {
    conditions.push("hash >= ? AND hash < ?");
    params.push(range.low, range.high);
  }
  if (order.skipUndefined && order.columns?.[0]) conditions.push(`${order.columns[0]} <> '0'`);
  return { sql: conditions.join(" AND "), params };
}

export function countDocuments(store: Store, request: Omit<ScanRequest, "onPassedOver">): number {
  const { sql, params } = describeScan(request);
  const row = store.prepare(`SELECT count(*) AS n FROM ${request.open.documents.name} WHERE ${sql}`).get(...params);
  return Number(row?.n);
}

/** Documents after a position, in order, a chunk at a time: between chunks other requests are served. */
export async function* scanDocuments(store: Store, request: ScanRequest, after: Position | undefined, wanted: number) {
  if (!request.order.columns) return yield* sortDocuments(store, request, after);
  let position = after;
  let limit = Math.min(wanted, CHUNK);
  let turn = performance.now();
  for (;;) {
    const chunk = readChunk(store, request, position, limit);
    for (const document of chunk) {
      yield document;
      if (performance.now() - turn > TURN_MS) {
        await yieldToOthers();
        turn = performance.now();
      }
    }
    if (chunk.length < limit) return;
    position = chunk.at(-1);
    limit = CHUNK;
  }
}

function readChunk(store: Store, request: ScanRequest, after: Position | undefined, limit: number): ScannedDocument[] {
  const { order, open } = request;
  const columns = order.columns ?? [];
  const { sql, params } = describeScan(request);
  const place = after ? describePlace(request, after) : { sql: "1", params: [] };
  const directions = order.paths.map(({ descending }, index) => `${columns[index]}${descending ? " DESC" : ""}`);
  const keys = columns.map((column, index) => `, ${column} AS o${index}`).join("");
  const index = order.index === undefined ? "" : ` INDEXED BY ${order.index}`;
  const { rows, lookedAt } = store.search(
    `SELECT rid, body${keys} FROM ${open.documents.name}${index} WHERE looked_at(rid) AND ${sql} AND ${place.sql} ` +
      `ORDER BY ${[...directions, `rid${order.tieDescending ? " DESC" : ""}`].join(", ")} LIMIT ?`,
    [...params, ...place.params, limit],
  );
  request.onPassedOver(lookedAt - rows.length);
  return rows.map((row) => ({
    rid: Number(row.rid),
    body: String(row.body),
    keys: columns.map((_, index) => String(row[`o${index}`])),
  }));
}

/** After the position: a bound on the first column that can differ, which an index can use, and the exact condition. */
function describePlace(
  { order, filter, partition, open }: ScanRequest,
  after: Position,
): { sql: string; params: Parameter[] } {
  const fixed = new Set(filter.fixed);
  for (const [index] of (partition ?? []).entries()) {
    fixed.add(open.documents.columnOf(open.container.partitionPaths[index] ?? []) ?? "");
  }
  const columns = [...(order.columns ?? []), "rid"];
  const values: Parameter[] = [...after.keys, after.rid];
  const operators = [...order.paths.map(({ descending }) => (descending ? "<" : ">")), order.tieDescending ? "<" : ">"];
  const alternatives = columns.map((column, index) => {
    const equal = columns.slice(0, index).map((other) => `${other} = ?`);
    return { sql: [...equal, `${column} ${operators[index]} ?`].join(" AND "), params: values.slice(0, index + 1) };
  });
  const exact = alternatives.map((alternative) => `(${alternative.sql})`).join(" OR ");
  const first = columns.findIndex((column) => !fixed.has(column));
  return {
    sql: `${columns[first]} ${operators[first]}= ? AND (${exact})`,
    params: [values[first] ?? 0, ...alternatives.flatMap((alternative) => alternative.params)],
  };
}

/** Without an index every document is read and sorted, for every page again. */
async function* sortDocuments(store: Store, request: ScanRequest, after: Position | undefined) {
  const { order } = request;
  const unordered: ScanRequest = {
    ...request,
    order: { ...order, paths: [], columns: [], tieDescending: false, skipUndefined: false, index: undefined },
  };
  const found: ScannedDocument[] = [];
  for await (const { rid, body } of scanDocuments(store, unordered, undefined, CHUNK)) {
    const document: Json = JSON.parse(body);
    const keys = order.paths.map(({ path }) => encodeKey(getPath(document, path)));
    if (!order.skipUndefined || keys[0] !== "0") found.push({ rid, body, keys });
  }
  const compare = (a: Position, b: Position): number =>
    compareKeys(a.keys, b.keys, order.paths) || (order.tieDescending ? b.rid - a.rid : a.rid - b.rid);
  found.sort(compare);
  for (const document of found) if (!after || compare(document, after) > 0) yield document;
}

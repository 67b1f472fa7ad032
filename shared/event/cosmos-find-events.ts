import type { Container, SqlQuerySpec } from "@azure/cosmos";
import { reached } from "../runtime/reached.ts";
import { sql } from "../store/cosmos.ts";
import type { EventQuery, FoundEvent, FoundEvents } from "./event-store.ts";
import { mergeNewest } from "./merge-newest.ts";

/** A page of events stops growing here, in bytes of JSON, so that a function's memory holds it. */
export const PAGE_BYTES = 4 * 1024 * 1024;

/**
 * A page of an org's events. Of several people or types each is asked for by itself, since no index has the events of
 * several in the order of their times (docs/adr/0054).
 */
export function findEvents(
  container: Container,
  orgId: string,
  query: EventQuery,
  signal: AbortSignal,
): Promise<FoundEvents> {
  const [only, ...others] = splitByIndex(query);
  const read = (one: EventQuery, maxBytes: number): Promise<FoundEvents> =>
    queryPage(container, eventsQuery(orgId, one), one.limit, maxBytes, signal, stripSystem<FoundEvent>);
  if (only && others.length === 0) return read(only, PAGE_BYTES);
  return mergeNewest(read, splitByIndex(query), PAGE_BYTES);
}

/** Queries that each walk one index: the events that are asked for are those of them all, and in one of them each. */
function splitByIndex(query: EventQuery): EventQuery[] {
  const { userIds, eventTypes, columns: [first, ...others] = [] } = query;
  if (userIds !== undefined) return userIds.map((userId) => ({ ...query, userIds: [userId] }));
  if (first) return first.values.map((value) => ({ ...query, columns: [{ ...first, values: [value] }, ...others] }));
  if (eventTypes !== undefined) return eventTypes.map((eventType) => ({ ...query, eventTypes: [eventType] }));
  return [query];
}

/**
 * Every filter is on an indexed path. `timestamp` keeps tombstones out, which have none. The paths that the org and one
 * filter fix come first in ORDER BY and change no order. So a composite index serves both, and a page costs the same in
 * an org of any size (docs/adr/0020). What else is asked for is compared.
 */
export function eventsQuery(orgId: string, query: EventQuery, fields = wanted(query)): SqlQuerySpec {
  const { from, to, userIds, eventTypes, schemaVersions, columns = [], after, limit } = query;
  const filters = ["c.org_id = @org", "c.timestamp >= @from", "c.timestamp < @to"];
  const values: Record<string, string | number> = { org: orgId, from, to };
  const add = (field: string, name: string, list: readonly (string | number)[] = []): void => {
    if (list.length === 1) filters.push(`c.${field} = @${name}0`);
    else if (list.length > 1) filters.push(`c.${field} IN (${list.map((_, i) => `@${name}${i}`).join(", ")})`);
    for (const [i, value] of list.entries()) values[`${name}${i}`] = value;
  };
  add("event_type", "type", eventTypes);
  add("user_id", "user", userIds);
  add("schema_version", "version", schemaVersions);
  for (const { column, values } of columns) add(column, column, values);
  if (after) {
    filters.push("c.timestamp <= @at", "(c.timestamp < @at OR c.id < @id)");
    Object.assign(values, { at: after.timestamp, id: after.id });
  }
  const order = ["org_id", ...indexOf(query), "timestamp", "id"].map((path) => `c.${path} DESC`).join(", ");
  return sql(`SELECT TOP ${limit} ${select(fields)} FROM c WHERE ${filters.join(" AND ")} ORDER BY ${order}`, values);
}

/** The filter whose index is walked. A person has few events, and a value of a type fewer than the type. */
function indexOf({ userIds, eventTypes, columns: [first] = [] }: EventQuery): string[] {
  if (userIds) return ["user_id"];
  if (first) return [first.column];
  return eventTypes ? ["event_type"] : [];
}

/** What is not asked for is not sent either, by the store. */
function wanted({ fields }: EventQuery): readonly string[] | undefined {
  return fields && [...new Set(["id", "timestamp", ...fields])];
}

function select(fields: readonly string[] | undefined): string {
  return fields?.map((field) => `c.${field}`).join(", ") ?? "*";
}

/** A page ends before it is larger than `maxBytes`, but has one event. */
export async function queryPage<Row, T>(
  container: Container,
  query: SqlQuerySpec,
  limit: number,
  maxBytes: number,
  abortSignal: AbortSignal,
  read: (row: Row) => T,
): Promise<{ readonly events: readonly T[]; readonly complete: boolean }> {
  const iterator = container.items.query<Row>(query, { maxItemCount: Math.min(limit, 100), abortSignal });
  const events: T[] = [];
  let bytes = 0;
  while (iterator.hasMoreResults()) {
    for (const event of (await iterator.fetchNext()).resources ?? []) {
      bytes += Buffer.byteLength(JSON.stringify(event));
      if (events.length > 0 && bytes > maxBytes) {
        reached("page-of-events-full");
        return { events, complete: false };
      }
      events.push(read(event));
    }
  }
  return { events, complete: events.length < limit };
}

/** Cosmos DB's own fields are not the product's. */
export function stripSystem<T extends FoundEvent>(document: T): T {
  const { _rid, _self, _etag, _attachments, _ts, ...own } = document as T & Record<string, unknown>;
  return own as unknown as T;
}

import type { SqlQuerySpec } from "@azure/cosmos";
import { sql } from "../store/cosmos.ts";
import type { Formatted } from "../store/formats.ts";
import { type CountTable, type Hour, hourStart } from "./event-counts.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import type { AccountScope, OpenRead } from "./ledger-store.ts";

/*
 * What reads an account asks of the container. Of each document only what the range needs: counts by event time,
 * outcomes by receipt.
 */

const SUM = "c.slot, c.id, c.kind, c.sealed, c.n, c.v, c._etag";
const SUMS = `c.kind IN ("rollup", "head", "part")`;

/** The sums of a scope without what is in them. */
export function listQuery(scope: AccountScope): SqlQuerySpec {
  const rows = scope.range.by === "event" ? ", ARRAY_LENGTH(c.counts.rows) AS rows" : "";
  return withinScope(`${SUM}${rows}`, SUMS, scope);
}

export function sumsQuery(scope: AccountScope): SqlQuerySpec {
  return withinScope(`${SUM}, c.${contentOf(scope)}`, SUMS, scope);
}

export type EntryRow = Formatted &
  Pick<LedgerEntry, "slot" | "id" | "kind" | "received_hour" | "outcomes"> & { readonly counts?: CountTable };

export function entriesQuery(scope: AccountScope): SqlQuerySpec {
  const content = scope.range.by === "event" ? "c.counts" : "c.received_hour, c.outcomes";
  return withinScope(`c.slot, c.id, c.kind, c.v, ${content}`, `c.kind = "entry" AND c.open = true`, scope);
}

export function toOpen({ received_hour, outcomes, ...row }: EntryRow): OpenRead {
  return outcomes === undefined ? row : { ...row, outcomes: [[received_hour, ...outcomes]] };
}

/** By event time, all of them: they have no span of hours that an index knows. */
export function deltasQuery({ slot, ...scope }: AccountScope): SqlQuerySpec {
  const select = `c.slot, c.id, c.kind, c.v, c.${contentOf(scope)}`;
  const [filter, org] = [`c.kind = "delta"`, scope.orgId];
  if (slot === undefined && scope.range.by === "event")
    return sql(`SELECT ${select} FROM c WHERE c.org_id = @org AND ${filter}`, { org });
  return withinScope(select, filter, slot === undefined ? scope : { ...scope, slot });
}

function contentOf({ range }: AccountScope): "counts" | "outcomes" {
  return range.by === "event" ? "counts" : "outcomes";
}

/** By event time, a document is found by its span of hours; by receipt, by its slot's day. One slot is read whole. */
function withinScope(select: string, filter: string, { orgId: org, slot, range }: AccountScope): SqlQuerySpec {
  const start = `SELECT ${select} FROM c WHERE`;
  if (slot !== undefined) return sql(`${start} c.org_id = @org AND c.slot = @slot AND ${filter}`, { org, slot });
  const { from, to } = range;
  if (range.by === "event") {
    const where = `c.org_id = @org AND ${filter} AND c.last_hour >= @from AND c.first_hour < @to`;
    return sql(`${start} ${where}`, { org, from, to });
  }
  const where = `c.org_id = @org AND ${filter} AND c.slot >= @first AND c.slot < @end`;
  return sql(`${start} ${where}`, { org, first: dayOf(from), end: dayOf(to + 23) });
}

function dayOf(hour: Hour): string {
  return hourStart(hour).slice(0, 10);
}

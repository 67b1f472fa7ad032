import { BulkOperationType, type Container, type JSONObject, type OperationInput } from "@azure/cosmos";
import { catchUp } from "../store/catch-up.ts";
import { inTime, queryAll, readDocument, reading, sql, writeAnswerOfError } from "../store/cosmos.ts";
import { stamp } from "../store/formats.ts";
import { findWrongKey } from "../store/partition-key.ts";
import { createReadTogether } from "../store/read-together.ts";
import type { WriteResult } from "../store/write-result.ts";
import { type Hour, hourStart } from "./event-counts.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import type { AccountRange, LedgerStore, MergeStep, RollupVersion, Versioned } from "./ledger-store.ts";
import type { Rollup } from "./rollup.ts";

type Stored<T> = T & { readonly _etag: string };

export function createCosmosLedgerStore(container: Container): LedgerStore {
  const readTogether = createReadTogether<LedgerEntry>(container);
  return {
    createEntry: (entry) => createEntry(container, entry),
    // A work item asks for all of its envelopes at once.
    readEntry: (orgId, slot, receiptId) => readTogether(receiptId, [orgId, slot]),
    readLatestEntry: async (orgId, slot, receiptId) => {
      await catchUp(container, [orgId, slot]);
      return readDocument<LedgerEntry>(container, receiptId, [orgId, slot]);
    },
    findOpenSlots: (limit) => findOpenSlots(container, limit),
    readActiveRollup: async (orgId, slot) => {
      const query = sql(`SELECT * FROM c WHERE ${SLOT} AND c.kind = "rollup" AND c.sealed = false`, {
        org: orgId,
        slot,
      });
      return (await queryAll<Stored<Rollup>>(container, query, { partitionKey: [orgId, slot] })).map(toVersioned)[0];
    },
    findOpenEntries: async (orgId, slot, limit) => {
      const query = sql(`SELECT TOP ${limit} * FROM c WHERE ${SLOT} AND c.kind = "entry" AND c.open = true`, {
        org: orgId,
        slot,
      });
      return (await queryAll<Stored<LedgerEntry>>(container, query, { partitionKey: [orgId, slot] })).map(toVersioned);
    },
    merge: (step) => merge(container, step),
    findRollups: (orgId, range) => findInRange<Rollup>(container, orgId, range, "*", `c.kind = "rollup"`),
    findRollupVersions: (orgId, range) =>
      findInRange<RollupVersion>(container, orgId, range, "c.slot, c.id, c.seq, c.v", `c.kind = "rollup"`),
    findOpenEntriesInRange: (orgId, range) =>
      findInRange<LedgerEntry>(container, orgId, range, "*", `c.kind = "entry" AND c.open = true`),
    findMergedSince: (orgId, slot, rollupId, seq) => {
      const query = sql(
        `SELECT * FROM c WHERE ${SLOT} AND c.kind = "entry" AND c.merged_seq > @seq AND c.merged_into = @rollup`,
        {
          org: orgId,
          slot,
          seq,
          rollup: rollupId,
        },
      );
      return queryAll<LedgerEntry>(container, query, { partitionKey: [orgId, slot] });
    },
  };
}

/** A 400 is about the container: an entry is of our own making. */
async function createEntry(container: Container, entry: LedgerEntry): Promise<WriteResult> {
  const wrongKey = await findWrongKey(container);
  if (wrongKey !== undefined) return { status: "unavailable", retryAfterMs: 0, reason: wrongKey };
  try {
    await inTime((abortSignal) => container.items.create(stamp("entry", entry), { abortSignal }));
    return { status: "written" };
  } catch (error) {
    const answer = writeAnswerOfError(error);
    if (answer.status !== "doubted") return answer;
    const reason = `${(await findWrongKey(container, true)) ?? "the ledger takes no entry"}: ${answer.reason}`;
    return { status: "unavailable", retryAfterMs: 0, reason };
  }
}

const SLOT = "c.org_id = @org AND c.slot = @slot";

function toVersioned<T>(document: Stored<T>): Versioned<T> {
  const { _etag, ...rest } = document;
  const { _rid, _self, _attachments, _ts, ...value } = rest as Record<string, unknown>;
  return { value: value as T, etag: _etag };
}

function findOpenSlots(container: Container, limit: number): Promise<{ orgId: string; slot: string }[]> {
  return reading(async (abortSignal) => {
    const query = `SELECT DISTINCT c.org_id, c.slot FROM c WHERE c.kind = "entry" AND c.open = true`;
    const iterator = container.items.query<{ org_id: string; slot: string }>(query, {
      maxItemCount: limit,
      abortSignal,
    });
    const slots: { orgId: string; slot: string }[] = [];
    while (iterator.hasMoreResults() && slots.length < limit) {
      for (const { org_id, slot } of (await iterator.fetchNext()).resources ?? []) slots.push({ orgId: org_id, slot });
    }
    return slots.slice(0, limit);
  });
}

/**
 * By event time, a rollup or entry is found by its span of hours; by receipt, a rollup by its slot's day and an entry
 * by its hour.
 */
function findInRange<T>(
  container: Container,
  orgId: string,
  range: AccountRange,
  select: string,
  filter: string,
): Promise<T[]> {
  const { from, to } = range;
  if (range.by === "event") {
    const where = `c.org_id = @org AND ${filter} AND c.last_hour >= @from AND c.first_hour < @to`;
    return queryAll<T>(container, sql(`SELECT ${select} FROM c WHERE ${where}`, { org: orgId, from, to }));
  }
  const where = `c.org_id = @org AND ${filter} AND c.slot >= @first AND c.slot < @end`;
  const days = { first: dayOf(from), end: dayOf(to + 23) };
  return queryAll<T>(container, sql(`SELECT ${select} FROM c WHERE ${where}`, { org: orgId, ...days }));
}

function dayOf(hour: Hour): string {
  return hourStart(hour).slice(0, 10);
}

/** One transactional batch: everything in it, or, when anything has changed since it was read, nothing. */
async function merge(container: Container, { orgId, slot, rollups, entries }: MergeStep): Promise<boolean> {
  const writes = rollups.map(({ rollup, etag }): OperationInput => {
    const resourceBody = stamp("rollup", rollup) as unknown as JSONObject;
    if (etag === undefined) return { operationType: BulkOperationType.Create, resourceBody };
    return { operationType: BulkOperationType.Replace, id: rollup.id, ifMatch: etag, resourceBody };
  });
  const marks = entries.map(({ id, etag, mergedInto, mergedSeq }): OperationInput => {
    const operations = [
      { op: "set" as const, path: "/open", value: false },
      { op: "set" as const, path: "/merged_into", value: mergedInto },
      { op: "set" as const, path: "/merged_seq", value: mergedSeq },
    ];
    return { operationType: BulkOperationType.Patch, id, ifMatch: etag, resourceBody: { operations } };
  });
  return reading(async (abortSignal) => {
    const { code, result } = await container.items.batch([...writes, ...marks], [orgId, slot], { abortSignal });
    const statuses = result?.map((operation) => operation.statusCode) ?? [];
    if (statuses.length > 0 && statuses.every((status) => status < 300)) return true;
    if (statuses.some((status) => status === 412 || status === 409 || status === 404)) return false;
    throw new Error(`a merge was refused: ${code}, ${statuses.join(" ")}`);
  });
}

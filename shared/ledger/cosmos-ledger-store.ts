import {
  BulkOperationType,
  type Container,
  type FeedOptions,
  type JSONObject,
  type OperationInput,
} from "@azure/cosmos";
import { createSample } from "../runtime/sample.ts";
import { catchUp } from "../store/catch-up.ts";
import { eachPage, inTime, queryAll, readDocument, reading, sql, writeAnswerOfError } from "../store/cosmos.ts";
import { stamp } from "../store/formats.ts";
import { findWrongKey } from "../store/partition-key.ts";
import { createReadTogether } from "../store/read-together.ts";
import type { WriteResult } from "../store/write-result.ts";
import { deltasQuery, type EntryRow, entriesQuery, listQuery, sumsQuery, toOpen } from "./cosmos-account-queries.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import type { AccountScope, LedgerStore, MergeStep, Versioned } from "./ledger-store.ts";
import type { Rollup } from "./rollup.ts";

/** They are up to some 800 KB large. */
const SUMS_A_PAGE = 4;

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
    listSums: (scope, take) => eachPage(container, listQuery(scope), take, keyOf(scope)),
    readSums: (scope, take) =>
      eachPage(container, sumsQuery(scope), take, { ...keyOf(scope), maxItemCount: SUMS_A_PAGE }),
    readOpen: async (scope, take) => {
      await Promise.all([
        eachPage<EntryRow>(container, entriesQuery(scope), (rows) => take(rows.map(toOpen)), keyOf(scope)),
        eachPage(container, deltasQuery(scope), take, keyOf(scope)),
      ]);
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

/** Of all slots, and not of the first ones: others would never have their turn. */
async function findOpenSlots(container: Container, limit: number): Promise<{ orgId: string; slot: string }[]> {
  const query = { query: `SELECT DISTINCT c.org_id, c.slot FROM c WHERE c.kind = "entry" AND c.open = true` };
  const sample = createSample<{ orgId: string; slot: string }>(limit);
  await eachPage<{ org_id: string; slot: string }>(container, query, (rows) => {
    for (const { org_id, slot } of rows) sample.add({ orgId: org_id, slot });
  });
  return sample.take();
}

function keyOf({ orgId, slot }: AccountScope): FeedOptions {
  return slot === undefined ? {} : { partitionKey: [orgId, slot] };
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

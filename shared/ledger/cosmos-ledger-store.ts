import type { Container, FeedOptions, SqlQuerySpec } from "@azure/cosmos";
import { createSample } from "../runtime/sample.ts";
import { catchUp } from "../store/catch-up.ts";
import { eachPage, pagesOf, queryAll, readDocument, sql } from "../store/cosmos.ts";
import { createReadTogether } from "../store/read-together.ts";
import type { Adjustment, Counted } from "./adjustment.ts";
import { deltasQuery, type EntryRow, entriesQuery, listQuery, sumsQuery, toOpen } from "./cosmos-account-queries.ts";
import { createEntries, merge, mergeDeltas } from "./cosmos-ledger-batches.ts";
import type { Delta, Head } from "./head.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import type { AccountScope, LedgerStore, Slot, Versioned } from "./ledger-store.ts";
import type { Rollup } from "./rollup.ts";

/** They are up to some 800 KB large. */
const SUMS_A_PAGE = 4;

type Stored<T> = T & { readonly _etag: string };

export function createCosmosLedgerStore(container: Container): LedgerStore {
  const readTogether = createReadTogether<LedgerEntry>(container);
  return {
    createEntries: (step) => createEntries(container, step),
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
    findDeltaSlots: (before) => findDeltaSlots(container, before),
    readHead: async (orgId, slot) => {
      const head = await readDocument<Stored<Head>>(container, "head", [orgId, slot]);
      return head && toVersioned(head);
    },
    findDeltas: (orgId, slot, limit) => {
      const query = sql(`SELECT TOP ${limit} * FROM c WHERE ${SLOT} AND c.kind = "delta"`, { org: orgId, slot });
      return queryAll<Delta>(container, query, { partitionKey: [orgId, slot] });
    },
    mergeDeltas: (step) => mergeDeltas(container, step),
    ...createRepairReads(container),
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

/** What adjustments and repairs ask. */
function createRepairReads(container: Container) {
  const readCounted = createReadTogether<Counted>(container);
  return {
    readCounted: (orgId, slot, id) => readCounted(id, [orgId, slot]),
    findAdjustments: (orgId, slot, receiptId) => {
      // By their ids, which are indexed: they are in no other order.
      const ids = { first: `adj.${receiptId}.`, end: `adj.${receiptId}/` };
      const filter = `c.kind = "adjustment" AND c.id >= @first AND c.id < @end`;
      const query = sql(`SELECT * FROM c WHERE ${SLOT} AND ${filter}`, { org: orgId, slot, ...ids });
      return queryAll<Adjustment>(container, query, { partitionKey: [orgId, slot] });
    },
    findSumSlots: (day) => findSumSlots(container, day),
    countEntries: async (orgId, slot) => {
      const query = sql(`SELECT VALUE COUNT(1) FROM c WHERE ${SLOT} AND ${COUNTED}`, { org: orgId, slot });
      return (await queryAll<number>(container, query, { partitionKey: [orgId, slot] }))[0] ?? 0;
    },
    readAllCounted: ({ orgId, slot }, take) => {
      const select = "SELECT c.id, c.kind, c.v, c.open, c.received_hour, c.outcomes, c.counts";
      const query = sql(`${select} FROM c WHERE ${SLOT} AND ${COUNTED}`, { org: orgId, slot });
      return eachPage(container, query, take, { partitionKey: [orgId, slot] });
    },
    readOpenIds: ({ orgId, slot }, take) => {
      const query = sql(`SELECT VALUE c["of"] FROM c WHERE ${SLOT} AND c.kind = "delta"`, { org: orgId, slot });
      const takeAll = (rows: readonly (readonly string[])[]): void => take(rows.flat());
      return eachPage(container, query, takeAll, { partitionKey: [orgId, slot] });
    },
  } satisfies Partial<LedgerStore>;
}

const COUNTED = `c.kind IN ("entry", "adjustment")`;
const SLOT = "c.org_id = @org AND c.slot = @slot";

function toVersioned<T>(document: Stored<T>): Versioned<T> {
  const { _etag, ...rest } = document;
  const { _rid, _self, _attachments, _ts, ...value } = rest as Record<string, unknown>;
  return { value: value as T, etag: _etag };
}

interface SlotRow {
  readonly org_id: string;
  readonly slot: string;
}

function toSlot({ org_id: orgId, slot }: SlotRow): Slot {
  return { orgId, slot };
}

/** Of all slots, and not of the first ones: others would never have their turn. */
async function findOpenSlots(container: Container, limit: number): Promise<Slot[]> {
  const query = { query: `SELECT DISTINCT c.org_id, c.slot FROM c WHERE c.kind = "entry" AND c.open = true` };
  const sample = createSample<Slot>(limit);
  await eachPage<SlotRow>(container, query, (rows) => {
    for (const row of rows) sample.add(toSlot(row));
  });
  return sample.take();
}

async function* findDeltaSlots(container: Container, before?: string): AsyncGenerator<readonly Slot[]> {
  const start = `SELECT c.org_id, c.slot FROM c WHERE c.kind = "delta"`;
  const query = before === undefined ? { query: start } : sql(`${start} AND c.slot < @before`, { before });
  yield* pagesOfSlots(container, query);
}

async function* findSumSlots(container: Container, day: string): AsyncGenerator<readonly Slot[]> {
  const within = `c.kind IN ("head", "part") AND c.slot >= @day AND c.slot < @end`;
  yield* pagesOfSlots(
    container,
    sql(`SELECT c.org_id, c.slot FROM c WHERE ${within}`, { day: `${day}.`, end: `${day}/` }),
  );
}

/**
 * A slot comes once in a page. Without DISTINCT, for which the SDK would gather pages of all partitions before it gives
 * one. A slot may come again in a later page, which costs a look and changes nothing.
 */
async function* pagesOfSlots(container: Container, query: SqlQuerySpec): AsyncGenerator<readonly Slot[]> {
  for await (const rows of pagesOf<SlotRow>(container, query))
    yield [...new Map(rows.map((row) => [`${row.org_id} ${row.slot}`, toSlot(row)])).values()];
}

function keyOf({ orgId, slot }: AccountScope): FeedOptions {
  return slot === undefined ? {} : { partitionKey: [orgId, slot] };
}

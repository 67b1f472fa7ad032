import type { Container, FeedOptions } from "@azure/cosmos";
import { createSample } from "../runtime/sample.ts";
import { catchUp } from "../store/catch-up.ts";
import { eachPage, pagesOf, queryAll, readDocument, sql } from "../store/cosmos.ts";
import { createReadTogether } from "../store/read-together.ts";
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

/**
 * A slot comes once in a page. Without DISTINCT, for which the SDK would gather pages of all partitions before it gives
 * one: what is merged meanwhile is not there any more, so a slot seldom comes again.
 */
async function* findDeltaSlots(container: Container, before?: string): AsyncGenerator<readonly Slot[]> {
  const start = `SELECT c.org_id, c.slot FROM c WHERE c.kind = "delta"`;
  const query = before === undefined ? { query: start } : sql(`${start} AND c.slot < @before`, { before });
  for await (const rows of pagesOf<SlotRow>(container, query))
    yield [...new Map(rows.map((row) => [`${row.org_id} ${row.slot}`, toSlot(row)])).values()];
}

function keyOf({ orgId, slot }: AccountScope): FeedOptions {
  return slot === undefined ? {} : { partitionKey: [orgId, slot] };
}

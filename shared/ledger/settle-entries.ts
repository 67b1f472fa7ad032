import { AppError } from "../errors.ts";
import { type Deadline, noDeadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import type { WriteResult } from "../store/write-result.ts";
import { makeDelta } from "./head-sums.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import type { LedgerStore } from "./ledger-store.ts";

/** A transactional batch takes 100 operations: these, and a delta. */
const ENTRIES_A_BATCH = 99;
/** It takes 2 MB, and the delta holds the counts of the entries once more. A single entry may be larger. */
const ENTRY_BYTES = 500 * 1024;
/** Each is lost only to other deliveries of the same envelopes. */
const ROUNDS = 8;

const CONTENDED: WriteResult = {
  status: "unavailable",
  retryAfterMs: 0,
  reason: "others closed the same envelopes in every round",
};

/**
 * Closes the accounts of envelopes: each entry is created once, whoever delivers it and together with which others, and
 * what it adds is in one delta. One result for each, in order; `written` also where another delivery has been first.
 * What nobody answered is left to the next delivery, which looks at the ledger before anything else. No round begins
 * after the deadline but the first.
 */
export async function settleEntries(
  store: LedgerStore,
  entries: readonly LedgerEntry[],
  deadline: Deadline = noDeadline,
): Promise<WriteResult[]> {
  const results = new Map<string, WriteResult>();
  // An envelope may have come twice in one work item.
  const once = new Map(entries.map((entry) => [keyOf(entry), entry]));
  const bySlot = Map.groupBy(once.values(), ({ org_id, slot }) => `${org_id} ${slot}`);
  await Promise.all(
    [...bySlot.values()].flatMap(divide).map(async (batch) => {
      const result = await settleBatch(store, batch, deadline);
      for (const entry of batch) results.set(keyOf(entry), result);
    }),
  );
  return entries.map((entry) => results.get(keyOf(entry)) ?? CONTENDED);
}

function keyOf({ org_id, id }: LedgerEntry): string {
  return `${org_id} ${id}`;
}

function divide(entries: readonly LedgerEntry[]): LedgerEntry[][] {
  const batches: LedgerEntry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(JSON.stringify(entry));
    const last = batches.at(-1);
    if (last && last.length < ENTRIES_A_BATCH && bytes + size <= ENTRY_BYTES) {
      last.push(entry);
      bytes += size;
    } else {
      batches.push([entry]);
      bytes = size;
    }
  }
  return batches;
}

/**
 * One transaction, so that an entry is there if and only if a delta counts it. One that is there already is left out,
 * and the others are tried again.
 */
async function settleBatch(
  store: LedgerStore,
  batch: readonly LedgerEntry[],
  deadline: Deadline,
): Promise<WriteResult> {
  let left = batch;
  for (let round = 0; round === 0 || (round < ROUNDS && !deadline.isOver()); round++) {
    const [first] = left;
    if (!first) return { status: "written" };
    const { org_id: orgId, slot } = first;
    const result = await store.createEntries({ orgId, slot, entries: left, delta: makeDelta(orgId, slot, left) });
    if (result.status !== "conflict") return result;
    reached("entry-settled-before");
    const there = await findThere(store, left);
    if ("status" in there) return there;
    left = left.filter(({ id }) => !there.has(id));
  }
  return left.length === 0 ? { status: "written" } : CONTENDED;
}

/**
 * Ids of the entries that are there. One of them is: a replica that knows of none is behind. An outage of the store is
 * one of the write.
 */
async function findThere(
  store: LedgerStore,
  entries: readonly LedgerEntry[],
): Promise<ReadonlySet<string> | WriteResult> {
  const look = async (read: LedgerStore["readEntry"]): Promise<ReadonlySet<string>> => {
    const found = await Promise.all(entries.map(({ org_id, slot, id }) => read(org_id, slot, id)));
    return new Set(found.flatMap((entry) => (entry ? [entry.id] : [])));
  };
  try {
    const there = await look(store.readEntry);
    if (there.size > 0) return there;
    reached("settled-entry-not-seen");
    return await look(store.readLatestEntry);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "store_unavailable") throw error;
    return { status: "unavailable", retryAfterMs: (error.retryAfter ?? 0) * 1000, reason: error.message };
  }
}

import { AppError } from "../errors.ts";
import type { MemoryShare } from "../runtime/shared-memory.ts";
import { readable } from "../store/formats.ts";
import { type AccountSum, createAccountSum, type SumOptions } from "./account-sum.ts";
import type { AccountRange, AccountScope, LedgerStore, OpenRead, Slot } from "./ledger-store.ts";
import { type Chains, createChains, RepairedError } from "./slot-chains.ts";

export interface ReadOptions extends SumOptions {
  /** Takes memory, in bytes, which is given back when it is not needed any more. */
  readonly takeRoom?: (bytes: number) => Promise<MemoryShare>;
  /** Gets the slots with more than 16 deltas: each reader pays for them until they are taken up. */
  readonly takeUp?: ((slots: readonly Slot[]) => void) | undefined;
}

/** A read of so many deltas costs less than taking them up. */
const FEW_DELTAS = 16;
/** How often a slot is read again that changed meanwhile. A slot is read in milliseconds, and merged in seconds. */
const TRIES = 20;
const SLOTS_AT_ONCE = 4;
/** What a count takes in a sum and in the answer, in bytes. */
const COUNT_BYTES = 200;
/** A page as it came, and as it was parsed. */
const PAGE_BYTES = 8 * 1024 * 1024;

/**
 * Reads an org's account for a range of hours: what its rollups, heads and parts hold, and what none of them holds yet.
 * Each settled envelope is in it once, also while merges run. It is added up page by page.
 *
 * The order makes it exact (docs/adr/0038): first the ETags of all sums, then what is open, then the sums. A sum whose
 * ETag is still the first one has not taken up anything in between. A slot in which one changed, came or went is read
 * again, alone. So each slot's part is a state that was; several slots are not one snapshot, but nothing that was
 * settled before the read began is missing.
 *
 * Throws AppError `store_unavailable`, also for a range with anything in it that only a newer release can read; and
 * what `takeRoom` throws.
 */
export async function readAccount(
  store: LedgerStore,
  orgId: string,
  range: AccountRange,
  options: ReadOptions = {},
): Promise<AccountSum> {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      return await readOnce(store, { orgId, range }, options);
    } catch (error) {
      if (!(error instanceof RepairedError)) throw error;
    }
  }
  throw changedAgain();
}

function changedAgain(): AppError {
  return new AppError("store_unavailable", "the ledger changed again and again while it was read", { retryAfter: 1 });
}

async function readOnce(store: LedgerStore, scope: AccountScope, options: ReadOptions): Promise<AccountSum> {
  const sum = createAccountSum(scope.range, options);
  const chains = createChains(sum, () => createAccountSum(scope.range, options));
  const changed = await readPass(store, scope, chains, options);
  const slots = changed.values();
  const worker = async (): Promise<void> => {
    for (const slot of slots) await readSlot(store, { ...scope, slot }, chains, options);
  };
  await Promise.all(Array.from({ length: SLOTS_AT_ONCE }, worker));
  return sum;
}

async function readSlot(store: LedgerStore, scope: AccountScope, chains: Chains, options: ReadOptions): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) if ((await readPass(store, scope, chains, options)).length === 0) return;
  throw changedAgain();
}

/** Adds what did not change while it was read. Gives the slots in which something did. */
async function readPass(
  store: LedgerStore,
  scope: AccountScope,
  chains: Chains,
  { takeRoom, maxCounts = Number.POSITIVE_INFINITY, takeUp }: ReadOptions,
): Promise<string[]> {
  const pass = chains.begin(scope.slot);
  const deltas = new Map<string, number>();
  let counts = 0;
  await store.listSums(scope, (rows) => {
    for (const row of rows) {
      pass.list(readable(row.kind, row));
      counts += row.rows ?? 0;
    }
  });
  const room = await takeRoom?.(Math.min(counts, maxCounts) * COUNT_BYTES + PAGE_BYTES);
  try {
    await store.readOpen(scope, (rows) => {
      for (const row of rows) pass.addOpen(readable(row.kind, row));
      countDeltas(deltas, rows);
    });
    await store.readSums(scope, (rows) => {
      for (const row of rows) pass.addSum(readable(row.kind, row));
    });
  } finally {
    room?.shrink(0);
  }
  const crowded = [...deltas].filter(([, count]) => count > FEW_DELTAS);
  if (crowded.length > 0) takeUp?.(crowded.map(([slot]) => ({ orgId: scope.orgId, slot })));
  return pass.end();
}

function countDeltas(counts: Map<string, number>, rows: readonly OpenRead[]): void {
  for (const { kind, slot } of rows) if (kind === "delta") counts.set(slot, (counts.get(slot) ?? 0) + 1);
}

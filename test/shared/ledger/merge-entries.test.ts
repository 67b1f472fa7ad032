import fc from "fast-check";
import { expect, it } from "vitest";
import { byType } from "../../../shared/ledger/account-sum.ts";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import { toTable } from "../../../shared/ledger/event-counts.ts";
import { type LedgerEntry, makeLedgerEntry } from "../../../shared/ledger/ledger-entry.ts";
import type { LedgerStore } from "../../../shared/ledger/ledger-store.ts";
import { mergeEntries } from "../../../shared/ledger/merge-entries.ts";
import { readAccount } from "../../../shared/ledger/read-account.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";
import { createMemoryLedgerStore } from "../../support/memory-ledger-store.ts";
import { createOlderLedger, type OlderLedger, toOlderEntry } from "../../support/older-ledger.ts";

const keys = createKeyRing([Buffer.alloc(32, 7)]);
const RECEIVED = Date.parse("2026-11-22T23:30:00Z");
const SLOT = "2026-11-22.00";
const always = { by: "event", from: -1e6, to: 1e7 } as const;
const log = { info: () => undefined, error: () => undefined, warn: (message: string) => fail(message) };
/** What the service takes in one batch. */
const BATCH_BYTES = 2 * 1024 * 1024;

function fail(message: string): never {
  throw new Error(message);
}

/** An entry of one slot whose event types are all different, and long. */
function entryOf(types: number, seed: number, char = "語"): LedgerEntry {
  const { receiptId } = mintReceipt(keys, "acme", RECEIVED, types);
  const outcomes = Array.from({ length: types }, (_, i) => {
    const name = `${seed}.${i}.`;
    const eventType = name + char.repeat(200 - name.length);
    return { outcome: "stored", eventType, timestamp: "2026-11-22T10:00:00.000Z" } as const;
  });
  return { ...toOlderEntry(makeLedgerEntry("acme", receiptId, outcomes)), slot: SLOT };
}

async function mergeOneByOne(store: LedgerStore & OlderLedger, entries: readonly LedgerEntry[]): Promise<void> {
  for (const entry of entries) {
    await store.createEntry(entry);
    await mergeEntries(store, Number.POSITIVE_INFINITY, log);
  }
}

async function expectMerged(store: LedgerStore, entries: readonly LedgerEntry[]): Promise<void> {
  expect(await store.findOpenEntries("acme", SLOT, 100)).toEqual([]);
  const { counts } = await readAccount(store, "acme", always);
  const events = entries.reduce((sum, { outcomes }) => sum + outcomes[0], 0);
  expect(toTable(byType(counts)).rows.reduce((sum, [, , count]) => sum + count, 0)).toBe(events);
}

it("a slot whose event types are in a script of three bytes merges to the end, past every seal", async () => {
  const { cosmos } = await startCosmosAccount();
  const { ledger } = cosmos.containers;
  const store = { ...createCosmosLedgerStore(ledger), ...createOlderLedger(ledger) };
  const entries = [1_000, 180, 800, 800, 1_000].map((types, seed) => entryOf(types, seed));
  // By characters, the first two are not enough to be sealed, and the next two fit beside them; by bytes they fill a
  // batch. Then there is no room to seal them beside a fifth.
  await mergeOneByOne(store, entries.slice(0, 2));
  for (const entry of entries.slice(2, 4)) await store.createEntry(entry);
  await mergeEntries(store, Number.POSITIVE_INFINITY, log);
  await mergeOneByOne(store, entries.slice(4));
  await expectMerged(store, entries);
});

it("no step is larger than a batch, whatever is merged in whatever order, and nothing is left open", async () => {
  const script = fc.constantFrom("x", "é", "語");
  const entries = fc.array(fc.tuple(fc.integer({ min: 1, max: 1_000 }), script), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(entries, fc.boolean(), async (sizes, atOnce) => {
      const memory = createMemoryLedgerStore();
      const store: LedgerStore & OlderLedger = {
        ...memory,
        merge: (step) => {
          expect(Buffer.byteLength(JSON.stringify(step))).toBeLessThan(BATCH_BYTES);
          return memory.merge(step);
        },
      };
      const made = sizes.map(([types, char], seed) => entryOf(types, seed, char));
      if (atOnce) {
        for (const entry of made) await store.createEntry(entry);
        await mergeEntries(store, Number.POSITIVE_INFINITY, log);
      } else await mergeOneByOne(store, made);
      await expectMerged(store, made);
    }),
    { numRuns: 25 },
  );
});

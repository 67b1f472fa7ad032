import type { Container } from "@azure/cosmos";
import { beforeEach, expect, it } from "vitest";
import { byType } from "../../../shared/ledger/account-sum.ts";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import { toTable } from "../../../shared/ledger/event-counts.ts";
import { type LedgerEntry, makeLedgerEntry } from "../../../shared/ledger/ledger-entry.ts";
import type { LedgerStore } from "../../../shared/ledger/ledger-store.ts";
import { mergeEntries, stepOf } from "../../../shared/ledger/merge-entries.ts";
import { readAccount } from "../../../shared/ledger/read-account.ts";
import { settleEntries } from "../../../shared/ledger/settle-entries.ts";
import { createSweepLedger } from "../../../shared/ledger/sweep-ledger.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import { noDeadline } from "../../../shared/runtime/deadline.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";
import { createOlderLedger, type OlderLedger, toOlderEntry } from "../../support/older-ledger.ts";

const keys = createKeyRing([Buffer.alloc(32, 7)]);
const RECEIVED = Date.parse("2026-11-22T23:30:00Z");
const [FULL, HALF, OPEN] = ["2026-11-20.0", "2026-11-21.1", "2026-11-22.2"];
const range = { from: -1e6, to: 1e7 };

let container: Container;
let store: LedgerStore & OlderLedger;
beforeEach(async () => {
  const { cosmos } = await startCosmosAccount();
  container = cosmos.containers.ledger;
  store = { ...createCosmosLedgerStore(container), ...createOlderLedger(container) };
});

/** Three events, of which one was stored. */
function entryIn(slot = "", hour = 10): LedgerEntry {
  const { receiptId } = mintReceipt(keys, "o", RECEIVED, 3);
  const timestamp = `2026-11-22T${hour}:15:00.000Z`;
  const made = makeLedgerEntry("o", receiptId, [
    { outcome: "stored", eventType: `type ${hour}`, timestamp },
    { outcome: "duplicate", code: null },
    { outcome: "quarantined", code: "invalid_value" },
  ]);
  return { ...made, slot };
}

/** As 0.5.0 wrote them: without `ttl` and `v`. */
async function createOlder(entry: LedgerEntry, release: "0.5.0" | "0.6.0"): Promise<void> {
  const { ttl: _, ...older } = toOlderEntry(entry);
  if (release === "0.6.0") await store.createEntry({ ...older, ttl: 34_560_000 });
  else await container.items.create(older);
}

/** Slots that are merged into sealed rollups, merged in part, and not at all. */
async function makeOlderState(release: "0.5.0" | "0.6.0"): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for (const slot of [FULL, FULL, FULL, HALF, HALF]) {
    const entry = entryIn(slot, 10 + entries.length);
    entries.push(entry);
    await createOlder(entry, release);
    await mergeEntries(store, Number.POSITIVE_INFINITY, silent, { sealedBytes: 250 });
  }
  for (const slot of [HALF, HALF, OPEN]) {
    const entry = entryIn(slot, 20);
    entries.push(entry);
    await createOlder(entry, release);
  }
  return entries;
}

async function readAll() {
  const { counts } = await readAccount(store, "o", { by: "event", ...range });
  const { outcomes } = await readAccount(store, "o", { by: "receipt", ...range });
  return { counts: toTable(byType(counts)), outcomes: [...outcomes] };
}

it.each(["0.5.0", "0.6.0"] as const)(
  "what %s left sealed, half merged and open gives the same counts, also after redeliveries, new entries and a sweep",
  async (release) => {
    const older = await makeOlderState(release);
    const before = await readAll();
    expect(before.outcomes).toEqual([[expect.any(Number), [8, 8, 8]]]);
    expect(before.counts.rows.reduce((sum, [, , count]) => sum + count, 0)).toBe(8);

    // Everything is delivered once more, to this release.
    expect(await settleEntries(store, older)).toEqual(older.map(() => ({ status: "written" })));
    expect(await readAll()).toEqual(before);
    const sweep = createSweepLedger(store);
    expect(await sweep(noDeadline, silent)).toBe(true);
    expect(await readAll()).toEqual(before);
    for (const slot of [FULL, HALF, OPEN]) expect(await store.findOpenEntries("o", slot ?? "", 10)).toEqual([]);

    // The same slots go on, and instances of the release before may do as well.
    await settleEntries(store, [entryIn(FULL, 10), entryIn(HALF, 10)]);
    await createOlder(entryIn(OPEN, 10), "0.6.0");
    await settleEntries(store, older);
    const later = await readAll();
    expect(later.outcomes).toEqual([[expect.any(Number), [11, 11, 11]]]);
    await createSweepLedger(store)(noDeadline, silent);
    expect(await readAll()).toEqual(later);
    const kinds = await container.items.query<string>("SELECT VALUE c.kind FROM c").fetchAll();
    expect(new Set(kinds.resources)).toEqual(new Set(["entry", "rollup", "head"]));
  },
);

it("a merge of 0.6.0 that is under way fails or works as a whole beside this release's writes", async () => {
  await createOlder(entryIn(OPEN, 10), "0.6.0");
  const open = await store.findOpenEntries("o", OPEN ?? "", 10);
  const step = stepOf("o", OPEN ?? "", undefined, open);
  await settleEntries(store, [entryIn(OPEN, 11)]);
  const sweep = createSweepLedger(store);
  const before = await readAll();
  await sweep(noDeadline, silent);
  expect(await store.merge(step)).toBe(false);
  expect(await readAll()).toEqual(before);
});

it("timers of 0.5.0 and 0.6.0 leave entries and deltas of this release alone", async () => {
  await settleEntries(store, [entryIn(OPEN, 10)]);
  expect(await store.findOpenSlots(10)).toEqual([]);
  expect(await mergeEntries(store, Number.POSITIVE_INFINITY, silent)).toBe(0);
  // What they ask for, in the words of 0.5.0.
  const query = `SELECT DISTINCT c.org_id, c.slot FROM c WHERE c.kind = "entry" AND c.open = true`;
  expect((await container.items.query(query).fetchAll()).resources).toEqual([]);
});

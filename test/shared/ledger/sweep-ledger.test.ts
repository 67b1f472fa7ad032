import { describe, expect, it } from "vitest";
import { type LedgerEntry, makeLedgerEntry } from "../../../shared/ledger/ledger-entry.ts";
import type { LedgerStore } from "../../../shared/ledger/ledger-store.ts";
import { createTakeUp } from "../../../shared/ledger/merge-some.ts";
import { type ReadOptions, readAccount } from "../../../shared/ledger/read-account.ts";
import { settleEntries } from "../../../shared/ledger/settle-entries.ts";
import { createSweepLedger } from "../../../shared/ledger/sweep-ledger.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import { type Deadline, noDeadline } from "../../../shared/runtime/deadline.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { createMemoryLedgerStore } from "../../support/memory-ledger-store.ts";
import { toOlderEntry } from "../../support/older-ledger.ts";
import { until } from "../../support/until.ts";

const keys = createKeyRing([Buffer.alloc(32, 7)]);
const TODAY = "2026-11-22";
const now = () => Date.parse(`${TODAY}T12:00:00Z`);
const byReceipt = { by: "receipt", from: 0, to: 1e6 } as const;

function entryIn(slot: string, org = "o"): LedgerEntry {
  const { receiptId } = mintReceipt(keys, org, now(), 1);
  const stored = { outcome: "stored", eventType: "a", timestamp: "2026-11-22T10:15:00.000Z" } as const;
  return { ...makeLedgerEntry(org, receiptId, [stored]), slot };
}

async function fill(store: LedgerStore, slots: readonly string[]): Promise<void> {
  for (const slot of slots) await settleEntries(store, [entryIn(slot)]);
}

async function countStored(store: LedgerStore, options?: ReadOptions): Promise<number> {
  const { outcomes } = await readAccount(store, "o", byReceipt, options);
  return [...outcomes.values()].reduce((sum, [stored]) => sum + stored, 0);
}

/** Is over after so many looks. */
function deadlineAfter(looks: number): Deadline {
  let left = looks;
  return { isOver: () => left-- <= 0, leftMs: () => 1_000 };
}

describe("a sweep", () => {
  it("takes up the deltas of all slots of all orgs, and changes no count", async () => {
    const store = createMemoryLedgerStore();
    for (let i = 0; i < 3; i++) await fill(store, ["2026-07-01.0", "2026-11-21.3", `${TODAY}.1`]);
    await settleEntries(store, [entryIn(`${TODAY}.0`, "p")]);
    expect(await createSweepLedger(store, { now })(noDeadline, silent)).toBe(true);
    expect([store.deltas(), await countStored(store)]).toEqual([[], 9]);
    expect(store.sums().filter(({ org_id }) => org_id === "p")).toMatchObject([{ kind: "head", m: 1 }]);
  });

  it("that ends at its deadline says so, and the next ones come to the end though today's slots fill again", async () => {
    const store = createMemoryLedgerStore();
    const days = Array.from({ length: 20 }, (_, i) => `2026-10-${String(i + 1).padStart(2, "0")}.0`);
    await fill(store, days);
    const sweep = createSweepLedger(store, { now });
    const left: number[] = [];
    for (let ended = false; !ended && left.length < 50; ) {
      await fill(
        store,
        [0, 1, 2, 3].map((shard) => `${TODAY}.${shard}`),
      );
      ended = await sweep(deadlineAfter(12), silent);
      left.push(store.deltas().filter(({ slot }) => slot < TODAY).length);
    }
    expect(left.at(-1)).toBe(0);
    expect(left.length).toBeGreaterThan(2);
    // Each got further than the one before.
    expect(left).toEqual([...left].sort((a, b) => b - a));
    expect(new Set(left.slice(0, -1)).size).toBeGreaterThanOrEqual(left.length - 2);
  });

  it("goes on where a slot fails", async () => {
    const store = createMemoryLedgerStore();
    await fill(store, ["2026-11-20.0", "2026-11-20.1", `${TODAY}.0`]);
    const failing: LedgerStore = {
      ...store,
      readHead: async (orgId, slot) => {
        if (slot === "2026-11-20.0") throw new Error("throttled");
        return store.readHead(orgId, slot);
      },
    };
    expect(await createSweepLedger(failing, { now })(noDeadline, silent)).toBe(true);
    expect(store.deltas().map(({ slot }) => slot)).toEqual(["2026-11-20.0"]);
  });

  it("takes up what releases up to 0.6.0 left open, says when nothing is, and asks no more", async () => {
    const store = createMemoryLedgerStore();
    for (const slot of ["2026-11-20.0", "2026-11-20.1", `${TODAY}.0`]) {
      await store.createEntry(toOlderEntry(entryIn(slot)));
      await fill(store, [slot]);
    }
    let asked = 0;
    const counting: LedgerStore = {
      ...store,
      findOpenSlots: (limit) => {
        asked++;
        return store.findOpenSlots(limit);
      },
    };
    const told: string[] = [];
    const log = { ...silent, info: (message: string) => told.push(message) };
    const sweep = createSweepLedger(counting, { now });
    expect(await sweep(noDeadline, log)).toBe(true);
    expect(store.entries().filter(({ open }) => open)).toEqual([]);
    expect([store.deltas(), await countStored(store)]).toEqual([[], 6]);
    expect(told).toEqual(["no entry of the ledger is open that a release up to 0.6.0 wrote"]);
    const before = asked;
    await sweep(noDeadline, log);
    expect([asked, told.length]).toEqual([before, 1]);
  });
});

describe("a reader that meets more than 16 deltas of a slot", () => {
  it("has them taken up, and leaves fewer where they are", async () => {
    const store = createMemoryLedgerStore();
    await fill(
      store,
      Array.from({ length: 17 }, () => "2026-11-20.0"),
    );
    await fill(
      store,
      Array.from({ length: 16 }, () => "2026-11-21.0"),
    );
    const takeUp = createTakeUp(store, silent);
    expect(await countStored(store, { takeUp })).toBe(33);
    await until(async () => store.deltas().every(({ slot }) => slot !== "2026-11-20.0") || undefined);
    expect(await countStored(store, { takeUp })).toBe(33);
    expect(store.deltas()).toHaveLength(16);
  });

  it("does so for one reading at a time, and fails none", async () => {
    let begun = 0;
    let fail = (_: Error): void => undefined;
    const store: LedgerStore = {
      ...createMemoryLedgerStore(),
      readHead: () => {
        begun++;
        return new Promise((_, reject) => {
          fail = reject;
        });
      },
    };
    const takeUp = createTakeUp(store, silent);
    const slots = [{ orgId: "o", slot: "2026-11-20.0" }];
    takeUp(slots);
    takeUp(slots);
    expect(begun).toBe(1);
    fail(new Error("away"));
    await until(async () => {
      takeUp(slots);
      return begun === 2 || undefined;
    });
  });
});

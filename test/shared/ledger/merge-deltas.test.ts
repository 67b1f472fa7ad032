import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byType } from "../../../shared/ledger/account-sum.ts";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import { toTable } from "../../../shared/ledger/event-counts.ts";
import { type LedgerEntry, makeLedgerEntry } from "../../../shared/ledger/ledger-entry.ts";
import type { LedgerStore } from "../../../shared/ledger/ledger-store.ts";
import { mergeDeltas } from "../../../shared/ledger/merge-deltas.ts";
import { mergeSome } from "../../../shared/ledger/merge-some.ts";
import { readAccount } from "../../../shared/ledger/read-account.ts";
import { settleEntries } from "../../../shared/ledger/settle-entries.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import { noDeadline, startDeadline } from "../../../shared/runtime/deadline.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";
import { createMemoryLedgerStore, type MemoryLedgerStore } from "../../support/memory-ledger-store.ts";

const keys = createKeyRing([Buffer.alloc(32, 7)]);
const RECEIVED = Date.parse("2026-11-22T23:30:00Z");
const slot = { orgId: "o", slot: "2026-11-22.0" };
const always = { by: "event", from: -1e6, to: 1e7 } as const;
/** What the service takes in one batch. */
const BATCH_BYTES = 2 * 1024 * 1024;

/** Events of as many types, each of 200 characters. */
function entryOf(types: number, seed: number, char = "語"): LedgerEntry {
  const { receiptId } = mintReceipt(keys, "o", RECEIVED, 1);
  const outcomes = Array.from({ length: types }, (_, i) => {
    const eventType = `${seed}.${i}.`.padEnd(200, char);
    return { outcome: "stored", eventType, timestamp: "2026-11-22T10:00:00.000Z" } as const;
  });
  return { ...makeLedgerEntry("o", receiptId, outcomes), slot: slot.slot };
}

async function countEvents(store: LedgerStore): Promise<number> {
  const { counts } = await readAccount(store, "o", always);
  return toTable(byType(counts)).rows.reduce((sum, [, , count]) => sum + count, 0);
}

/** A store that holds every step to what a batch takes. */
function holdToLimits(memory: MemoryLedgerStore): LedgerStore {
  return {
    ...memory,
    mergeDeltas: (step) => {
      expect(Buffer.byteLength(JSON.stringify(step))).toBeLessThan(BATCH_BYTES);
      expect(step.deltas.length + (step.part ? 2 : 1)).toBeLessThanOrEqual(100);
      return memory.mergeDeltas(step);
    },
  };
}

describe("a slot", () => {
  it("whose deltas are more than a batch takes is merged to the end", async () => {
    const memory = createMemoryLedgerStore();
    for (let i = 0; i < 300; i++) await settleEntries(memory, [entryOf(1, i)]);
    await mergeDeltas(holdToLimits(memory), slot, silent);
    expect([memory.deltas(), await countEvents(memory)]).toEqual([[], 300]);
    const heads = memory.sums().filter(({ kind }) => kind === "head");
    expect(heads).toMatchObject([{ n: 3, m: 300 }]);
  });

  it("whose event types are in a script of three bytes is merged to the end on the wire, past every seal", async () => {
    const { cosmos } = await startCosmosAccount();
    const store = createCosmosLedgerStore(cosmos.containers.ledger);
    const sizes = [1_000, 1_000, 180, 800, 800, 1_000];
    for (const [seed, types] of sizes.entries()) {
      expect(await settleEntries(store, [entryOf(types, seed)])).toEqual([{ status: "written" }]);
      if (seed !== 3) await mergeDeltas(store, slot, silent);
    }
    expect(await store.findDeltas("o", slot.slot, 10)).toEqual([]);
    expect(await countEvents(store)).toBe(sizes.reduce((sum, count) => sum + count, 0));
  });

  it("takes no step that is larger than a batch, whatever is merged in whatever order", async () => {
    const script = fc.constantFrom("x", "é", "語", '"');
    const sizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 1_000 }), script), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.boolean(), async (entries, atOnce) => {
        const memory = createMemoryLedgerStore();
        const store = holdToLimits(memory);
        for (const [seed, [types, char]] of entries.entries()) {
          await settleEntries(store, [entryOf(types, seed, char)]);
          if (!atOnce) await mergeDeltas(store, slot, silent);
        }
        await mergeDeltas(store, slot, silent);
        const events = entries.reduce((sum, [types]) => sum + types, 0);
        expect([memory.deltas(), await countEvents(memory)]).toEqual([[], events]);
      }),
      { numRuns: 25 },
    );
  });

  it("seals a head past 8 KB, and never an empty one", async () => {
    const memory = createMemoryLedgerStore();
    for (let i = 0; i < 100; i++) {
      await settleEntries(memory, [entryOf(1, i, "x")]);
      await mergeDeltas(memory, slot, silent);
    }
    const sizes = memory.sums().map((sum) => [sum.kind, Buffer.byteLength(JSON.stringify(sum)), sum.outcomes.length]);
    const parts = sizes.filter(([kind]) => kind === "part");
    expect(parts).toHaveLength(2);
    for (const [, bytes, hours] of parts)
      expect([Number(bytes) > 8_192, Number(bytes) < 9_000, hours]).toEqual([true, true, 1]);
  });

  it("is left to another merge that was faster", async () => {
    const memory = createMemoryLedgerStore();
    await settleEntries(memory, [entryOf(1, 0)]);
    let tries = 0;
    const slower: LedgerStore = {
      ...memory,
      mergeDeltas: async (step) => {
        tries++;
        await mergeDeltas(memory, slot, silent);
        return memory.mergeDeltas(step);
      },
    };
    await mergeDeltas(slower, slot, silent);
    expect([tries, memory.deltas(), await countEvents(memory)]).toEqual([1, [], 1]);
  });

  it("goes on in no step after the deadline", async () => {
    const memory = createMemoryLedgerStore();
    await settleEntries(memory, [entryOf(1, 0)]);
    await mergeDeltas(memory, slot, silent, { deadline: startDeadline(0) });
    expect(memory.deltas()).toHaveLength(1);
  });

  it("with deltas and a head of a newer release leaves them to it, and takes up what it can read", async () => {
    const { cosmos } = await startCosmosAccount();
    const { ledger: container } = cosmos.containers;
    const store = createCosmosLedgerStore(container);
    await settleEntries(store, [entryOf(1, 0)]);
    await settleEntries(store, [entryOf(1, 1)]);
    const [delta] = await store.findDeltas("o", slot.slot, 10);
    await container.items.upsert({ ...delta, v: 2 });
    await mergeDeltas(store, slot, silent);
    expect(await store.findDeltas("o", slot.slot, 10)).toMatchObject([{ id: delta?.id, v: 2 }]);
    const head = await store.readHead("o", slot.slot);
    expect(head?.value).toMatchObject({ m: 1, v: 1 });
    await container.items.upsert({ ...head?.value, v: 2 });
    await settleEntries(store, [entryOf(1, 2)]);
    await expect(mergeDeltas(store, slot, silent)).rejects.toMatchObject({ code: "store_unavailable" });
    expect(await store.findDeltas("o", slot.slot, 10)).toHaveLength(2);
  });
});

it("a slot of very many entries is told", async () => {
  const memory = createMemoryLedgerStore();
  const entries = [entryOf(1, 0), entryOf(1, 1)];
  await settleEntries(memory, entries.slice(0, 1));
  await mergeDeltas(memory, slot, silent);
  await settleEntries(memory, entries.slice(1));
  const store: LedgerStore = {
    ...memory,
    readHead: async (...asked) => {
      const head = await memory.readHead(...asked);
      return head && { ...head, value: { ...head.value, m: 5_000_000 } };
    },
  };
  const warned: unknown[] = [];
  await mergeDeltas(store, slot, { ...silent, warn: (_, more) => warned.push(more) });
  expect(warned).toEqual([{ org_id: "o", slot: slot.slot, entries: 5_000_001 }]);
});

describe("a merge that a slot was drawn for", () => {
  it("is one time in 48", async () => {
    const memory = createMemoryLedgerStore();
    await settleEntries(memory, [entryOf(1, 0)]);
    await mergeSome(memory, [slot], noDeadline, silent, { random: () => 1 / 48 });
    expect(memory.deltas()).toHaveLength(1);
    await mergeSome(memory, [slot], noDeadline, silent, { random: () => 1 / 48 - 1e-9 });
    expect(memory.deltas()).toEqual([]);
  });

  it("fails nobody's work, and is told in the log", async () => {
    const away: LedgerStore = {
      ...createMemoryLedgerStore(),
      readHead: async () => {
        throw new Error("away");
      },
    };
    const warned: unknown[] = [];
    const log = { ...silent, warn: (_: string, more?: object) => warned.push(more) };
    await mergeSome(away, [slot], noDeadline, log, { random: () => 0 });
    expect(warned).toMatchObject([{ org_id: "o", slot: slot.slot }]);
  });
});

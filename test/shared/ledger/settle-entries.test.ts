import { type RequestRecord, watchRequests } from "@headrace/emulators/cosmos/gate.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../shared/errors.ts";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import { type EventOutcome, type LedgerEntry, makeLedgerEntry } from "../../../shared/ledger/ledger-entry.ts";
import type { LedgerStore } from "../../../shared/ledger/ledger-store.ts";
import { readAccount } from "../../../shared/ledger/read-account.ts";
import { settleEntries } from "../../../shared/ledger/settle-entries.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import { startDeadline } from "../../../shared/runtime/deadline.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";
import { createMemoryLedgerStore } from "../../support/memory-ledger-store.ts";
import { toOlderEntry } from "../../support/older-ledger.ts";

const keys = createKeyRing([Buffer.alloc(32, 7)]);
const RECEIVED = Date.parse("2026-11-22T23:30:00Z");
const SLOT = "2026-11-22.0";
const MB = 1024 * 1024;
const written = { status: "written" };

/** `outcomes`: one stored event, unless there are others. */
function makeEntry(outcomes: readonly EventOutcome[] = [], slot = SLOT): LedgerEntry {
  const { receiptId } = mintReceipt(keys, "o", RECEIVED, 1);
  const stored = { outcome: "stored", eventType: "a", timestamp: "2026-11-22T10:15:00.000Z" } as const;
  return { ...makeLedgerEntry("o", receiptId, outcomes.length === 0 ? [stored] : outcomes), slot };
}

const makeEntries = (count: number): LedgerEntry[] => Array.from({ length: count }, () => makeEntry());

/** Events of as many types, each of 200 characters in a script of three bytes. */
function manyTypes(count: number): EventOutcome[] {
  return Array.from({ length: count }, (_, i) => {
    const eventType = `${i}.`.padEnd(200, "語");
    return { outcome: "stored", eventType, timestamp: "2026-11-22T10:00:00.000Z" };
  });
}

async function countStored(store: LedgerStore): Promise<number> {
  const { outcomes } = await readAccount(store, "o", { by: "receipt", from: 0, to: 1e6 });
  return [...outcomes.values()].reduce((sum, [stored]) => sum + stored, 0);
}

describe("entries of one slot", () => {
  it("are created by 99 with one delta, in one request each", async () => {
    const seen: RequestRecord[] = [];
    const gate = watchRequests((record) => record.resourceType === "docs" && seen.push(record));
    const { cosmos } = await startCosmosAccount({ gate });
    const store = createCosmosLedgerStore(cosmos.containers.ledger);
    const entries = makeEntries(200);
    expect(await settleEntries(store, entries)).toEqual(entries.map(() => written));
    expect(seen.map(({ operation }) => operation)).toEqual(["batch", "batch", "batch"]);
    const deltas = await store.findDeltas("o", SLOT, 10);
    expect(deltas.map(({ of }) => of.length).sort()).toEqual([2, 99, 99]);
    expect(await countStored(store)).toBe(200);
    expect(await store.readEntry("o", SLOT, entries[0]?.id ?? "")).toMatchObject({ ttl: 400 * 24 * 3600, v: 1 });
  });

  it("are as many in a request as 1 MB takes, with the delta; the largest one goes alone", async () => {
    const memory = createMemoryLedgerStore();
    const sizes: number[] = [];
    const store: LedgerStore = {
      ...memory,
      createEntries: (step) => {
        sizes.push(Buffer.byteLength(JSON.stringify(step)));
        return memory.createEntries(step);
      },
    };
    const entries = [...Array.from({ length: 30 }, () => makeEntry(manyTypes(100))), makeEntry(manyTypes(1_000))];
    expect(await settleEntries(store, entries)).toEqual(entries.map(() => written));
    const most = sizes.splice(sizes.indexOf(Math.max(...sizes)), 1);
    expect(Math.max(...sizes)).toBeLessThan(MB);
    expect(Math.min(...sizes)).toBeGreaterThan(0.2 * MB);
    // A batch takes 2 MB.
    expect(most[0]).toBeLessThan(1.5 * MB);
  });

  it("of other slots are created apart, each with a delta of its own", async () => {
    const store = createMemoryLedgerStore();
    await settleEntries(store, [makeEntry(), makeEntry([], "2026-11-22.1"), makeEntry()]);
    expect(store.deltas().map(({ slot, of }) => [slot, of.length])).toEqual([
      [SLOT, 2],
      ["2026-11-22.1", 1],
    ]);
  });
});

describe("an entry that is there already", () => {
  it.each(["of this release", "open, of a release up to 0.6.0"])(
    "%s is left out, and not counted again",
    async (by) => {
      const store = createMemoryLedgerStore();
      const entries = makeEntries(5);
      const [first, second] = entries;
      if (!first || !second) throw new Error("there are five");
      if (by === "of this release") await settleEntries(store, [first, second]);
      else for (const entry of [first, second]) await store.createEntry(toOlderEntry(entry));
      expect(await settleEntries(store, entries)).toEqual(entries.map(() => written));
      expect(await countStored(store)).toBe(5);
    },
  );

  it("because it came twice in one work item is created once", async () => {
    const store = createMemoryLedgerStore();
    const entry = makeEntry();
    expect(await settleEntries(store, [entry, entry])).toEqual([written, written]);
    expect(await countStored(store)).toBe(1);
  });

  it("whose create nobody answered is found by the next delivery", async () => {
    const memory = createMemoryLedgerStore();
    const lost: LedgerStore = {
      ...memory,
      createEntries: async (step) => {
        await memory.createEntries(step);
        return { status: "unavailable", retryAfterMs: 0, reason: "no answer" };
      },
    };
    const entries = makeEntries(3);
    expect(await settleEntries(lost, entries.slice(0, 2))).toMatchObject([
      { status: "unavailable" },
      { status: "unavailable" },
    ]);
    expect(await settleEntries(memory, entries)).toEqual(entries.map(() => written));
    expect(await countStored(memory)).toBe(3);
  });

  it("is found where the replica that is asked first does not know of it", async () => {
    const memory = createMemoryLedgerStore();
    const entries = makeEntries(3);
    await settleEntries(memory, entries.slice(0, 1));
    const behind: LedgerStore = { ...memory, readEntry: async () => undefined };
    expect(await settleEntries(behind, entries)).toEqual(entries.map(() => written));
    expect(await countStored(memory)).toBe(3);
  });

  it("is not known to be one while the store does not answer: it is tried again", async () => {
    const memory = createMemoryLedgerStore();
    const [entry] = makeEntries(1);
    if (!entry) throw new Error("there is one");
    await settleEntries(memory, [entry]);
    const away: LedgerStore = {
      ...memory,
      readEntry: () => Promise.reject(new AppError("store_unavailable", "away", { retryAfter: 2 })),
    };
    expect(await settleEntries(away, [entry])).toMatchObject([{ status: "unavailable", retryAfterMs: 2_000 }]);
  });

  it("is looked for no more when the time of the work is over", async () => {
    const store = createMemoryLedgerStore();
    const entries = makeEntries(2);
    await settleEntries(store, entries.slice(0, 1));
    const [first, second] = await settleEntries(store, entries, startDeadline(0));
    expect([first, second]).toMatchObject([{ status: "unavailable" }, { status: "unavailable" }]);
    expect(await countStored(store)).toBe(1);
    // What is settled by then is written all the same: there is one round.
    expect(await settleEntries(store, entries.slice(1), startDeadline(0))).toEqual([written]);
  });
});

it("each is counted once, whoever delivers it together with which others, and whatever answers are lost", async () => {
  const entries = makeEntries(12);
  const group = fc.tuple(fc.subarray(entries, { minLength: 1 }), fc.constantFrom("answered", "lost", "refused"));
  await fc.assert(
    fc.asyncProperty(fc.array(group, { minLength: 1, maxLength: 8 }), async (groups) => {
      const memory = createMemoryLedgerStore();
      const answers = async ([own, fate]: (typeof groups)[number]) => {
        const createEntries: LedgerStore["createEntries"] = async (step) => {
          if (fate === "refused") return { status: "unavailable", retryAfterMs: 0, reason: "429" };
          const result = await memory.createEntries(step);
          return fate === "lost" ? { status: "unavailable", retryAfterMs: 0, reason: "no answer" } : result;
        };
        await settleEntries({ ...memory, createEntries }, own);
      };
      await Promise.all(groups.map(answers));
      expect(await countStored(memory)).toBe(memory.entries().length);
      await settleEntries(memory, entries);
      expect(await countStored(memory)).toBe(12);
    }),
    { numRuns: 100 },
  );
});

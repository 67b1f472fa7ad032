import type { Container } from "@azure/cosmos";
import { beforeEach, describe, expect, it } from "vitest";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import type { Head } from "../../../shared/ledger/head.ts";
import { type LedgerEntry, makeLedgerEntry } from "../../../shared/ledger/ledger-entry.ts";
import type { LedgerStore } from "../../../shared/ledger/ledger-store.ts";
import { mergeDeltas } from "../../../shared/ledger/merge-deltas.ts";
import { readAccount } from "../../../shared/ledger/read-account.ts";
import { repairSlot } from "../../../shared/ledger/repair-slot.ts";
import { settleEntries } from "../../../shared/ledger/settle-entries.ts";
import { sweepRepairs } from "../../../shared/ledger/sweep-repairs.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import { noDeadline } from "../../../shared/runtime/deadline.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";
import { createOlderLedger, toOlderEntry } from "../../support/older-ledger.ts";

/* A slot whose sums do not add up, and what becomes of it, in the emulator of Cosmos DB. */

const RECEIVED = Date.UTC(2026, 10, 22, 10, 30);
const HOUR = Math.floor(RECEIVED / 3_600_000);
const SLOT = "2026-11-22.0";
const slot = { orgId: "o", slot: SLOT };
const now = RECEIVED + 2 * 86_400_000;
const keys = createKeyRing([Buffer.alloc(32, 7)]);

let container: Container;
let store: LedgerStore;
beforeEach(async () => {
  const { cosmos } = await startCosmosAccount();
  container = cosmos.containers.ledger;
  store = createCosmosLedgerStore(container);
});

/** An entry of the slot with one stored event of a type, and one duplicate. */
function entry(eventType: string): LedgerEntry {
  const { receiptId } = mintReceipt(keys, "o", RECEIVED, 2);
  const timestamp = new Date(RECEIVED).toISOString();
  const made = makeLedgerEntry("o", receiptId, [
    { outcome: "stored", eventType, timestamp },
    { outcome: "duplicate", code: null },
  ]);
  return { ...made, slot: SLOT };
}

/** One delivery, and a merge that seals what the head was. */
async function settleAndMerge(...types: string[]): Promise<LedgerEntry[]> {
  const made = types.map(entry);
  expect(await settleEntries(store, made)).toEqual(types.map(() => ({ status: "written" })));
  await mergeDeltas(store, slot, silent, { sealedBytes: 170 });
  return made;
}

/** Three entries: of part.0, of the head, and of an open delta. */
async function fill(): Promise<LedgerEntry[]> {
  const first = await settleAndMerge("a");
  const second = await settleAndMerge("b");
  const third = entry("c");
  await settleEntries(store, [third]);
  return [...first, ...second, third];
}

async function count(): Promise<Record<string, number>> {
  const { counts } = await readAccount(store, "o", { by: "event", from: HOUR, to: HOUR + 1 });
  return Object.fromEntries(counts.get(HOUR) ?? []);
}

async function readOutcomes(): Promise<readonly number[] | undefined> {
  const { outcomes } = await readAccount(store, "o", { by: "receipt", from: HOUR, to: HOUR + 1 });
  return outcomes.get(HOUR);
}

const remove = (id: string) => container.item(id, ["o", SLOT]).delete();
const all = { a: 1, b: 1, c: 1 };

async function head(): Promise<Head | undefined> {
  return (await store.readHead("o", SLOT))?.value;
}

it("a slot that adds up is not changed", async () => {
  await fill();
  const before = await store.readHead("o", SLOT);
  expect(await repairSlot(store, slot, { now })).toMatchObject({ how: "adds_up", entries: 3, counted: 3 });
  expect(await store.readHead("o", SLOT)).toEqual(before);
  expect(await count()).toEqual(all);
});

const damages = {
  "a part": async () => void (await remove("part.0")),
  "the head": async () => void (await remove("head")),
  "head and part": async () => {
    await remove("head");
    await remove("part.0");
  },
  "an entry that an open delta counts": async () => {
    const [delta] = await store.findDeltas("o", SLOT, 1);
    await remove(delta?.of[0] ?? "");
  },
  "an open delta": async () => {
    const [delta] = await store.findDeltas("o", SLOT, 1);
    await remove(delta?.id ?? "");
  },
};

describe.each(Object.keys(damages) as (keyof typeof damages)[])("when %s is gone", (what) => {
  it("a repair makes the sums anew from the entries, and another changes nothing", async () => {
    await fill();
    await damages[what]();
    expect(await repairSlot(store, slot, { now, dry: true })).toMatchObject({ how: "left" });
    const entries = what === "an entry that an open delta counts" ? 2 : 3;
    expect(await repairSlot(store, slot, { now })).toMatchObject({ how: "mended", entries });
    const { c, ...others } = all;
    const there = entries === 2 ? others : { ...others, c };
    expect(await count()).toEqual(there);
    expect(await readOutcomes()).toEqual([entries, entries, 0]);
    const mended = await head();
    expect(mended?.hold).toBeUndefined();
    expect(await repairSlot(store, slot, { now })).toMatchObject({ how: "adds_up", entries, counted: entries });
    expect(await head()).toEqual(mended);
    await settleAndMerge("d");
    expect(await count()).toEqual({ ...there, d: 1 });
  });
});

describe("a part that is gone for good", () => {
  it.each(["event", "receipt"] as const)(
    "is a 503 that names it, for a reader by %s, and no smaller count",
    async (by) => {
      await fill();
      await remove("part.0");
      const read = readAccount(store, "o", { by, from: HOUR, to: HOUR + 1 });
      await expect(read).rejects.toMatchObject({
        code: "ledger_incomplete",
        status: 503,
        members: { slot: SLOT, part: "part.0" },
        reason: `part.0 of o, ${SLOT}`,
      });
    },
  );

  it("is found where it alone was in the range", async () => {
    const early = { ...entry("early"), counts: { types: ["early"], rows: [[0, HOUR - 50, 1]] as const } };
    await settleEntries(store, [early]);
    await mergeDeltas(store, slot, silent);
    await settleAndMerge("late");
    const read = () => readAccount(store, "o", { by: "event", from: HOUR - 60, to: HOUR - 40 });
    expect((await read()).counts.get(HOUR - 50)).toEqual(new Map([["early", 1]]));
    await remove("part.0");
    await expect(read()).rejects.toMatchObject({ code: "ledger_incomplete" });
  });

  it("is the head as well, and a sealed rollup of releases up to 0.6.0", async () => {
    await fill();
    await remove("head");
    await expect(count()).rejects.toMatchObject({ members: { slot: SLOT, part: "head" } });
    await container.items.upsert({
      ...entry("x"),
      id: "rollup.1",
      org_id: "p",
      kind: "rollup",
      part: 1,
      sealed: false,
      ...span,
    });
    const read = readAccount(store, "p", { by: "event", from: HOUR, to: HOUR + 1 });
    await expect(read).rejects.toMatchObject({ members: { slot: SLOT, part: "rollup.0" } });
  });
});

const span = { first_hour: HOUR, last_hour: HOUR };

it("what comes while a repair reads is counted once", async () => {
  await fill();
  await remove("part.0");
  const late: LedgerEntry[] = [];
  const watched: LedgerStore = {
    ...store,
    readAllCounted: async (of, take) => {
      late.push(...(await settleNow("d")));
      await store.readAllCounted(of, take);
      late.push(...(await settleNow("e")));
    },
  };
  const settleNow = async (type: string) => {
    const made = entry(type);
    await settleEntries(store, [made]);
    await mergeDeltas(store, slot, silent);
    return [made];
  };
  expect(await repairSlot(watched, slot, { now })).toMatchObject({ how: "mended" });
  expect(await count()).toEqual({ ...all, d: 1, e: 1 });
  // That of the open delta was taken up first.
  expect((await head())?.m).toBe(3);
  await mergeDeltas(store, slot, silent);
  expect((await head())?.m).toBe(5);
});

const writes = ["before", "after"] as const;
it.each(writes.flatMap((when) => [1, 2, 3].map((nth) => [when, nth] as const)))(
  "a repair that ends %s its write %i is made anew by the next sweep",
  async (when, nth) => {
    await fill();
    await remove("part.0");
    let left = nth;
    const dying: LedgerStore = {
      ...store,
      mergeDeltas: async (step) => {
        if (--left > 0) return store.mergeDeltas(step);
        if (when === "after") await store.mergeDeltas(step);
        throw new Error("the instance is gone");
      },
    };
    await expect(repairSlot(dying, slot, { now })).rejects.toThrow("gone");
    const isHeld = (await head())?.hold !== undefined;
    // It takes up what is open, holds the head, and replaces it.
    expect(isHeld).toBe(`${when} ${nth}` === "after 2" || `${when} ${nth}` === "before 3");
    const held: unknown[] = [];
    await mergeDeltas(store, slot, silent, { onHeld: (one) => held.push(one) });
    expect(held).toEqual(isHeld ? [slot] : []);
    expect(await sweepRepairs(store, { now, held: [] }, noDeadline, silent)).toBe(true);
    expect((await head())?.hold).toBeUndefined();
    expect(await count()).toEqual(all);
  },
);

it("a hold is lifted where everything adds up, and another repair takes it over", async () => {
  await fill();
  const [before, etag] = [await head(), (await store.readHead("o", SLOT))?.etag];
  if (!before) throw new Error("no head");
  await store.mergeDeltas({ ...slot, head: { ...before, hold: "another" }, etag, deltas: [] });
  expect(await repairSlot(store, slot, { now })).toMatchObject({ how: "adds_up" });
  expect(await head()).toEqual(before);
});

it("of two repairs at once, one mends", async () => {
  await fill();
  await remove("part.0");
  const ends = await Promise.all([repairSlot(store, slot, { now }), repairSlot(store, slot, { now })]);
  expect(ends.map(({ how }) => how)).toContain("mended");
  expect(await count()).toEqual(all);
});

it("after 390 days nothing is mended, since entries begin to expire", async () => {
  await fill();
  await remove("part.0");
  const late = await repairSlot(store, slot, { now: RECEIVED + 391 * 86_400_000 });
  expect(late).toMatchObject({ how: "left", missing: "part.0" });
  expect((await head())?.hold).toBeUndefined();
});

it("what does not fit one transaction is left, and the hold is lifted", async () => {
  await fill();
  await remove("part.0");
  const types = Array.from({ length: 12_000 }, (_, i) => `a long name of an event type, made to be large: ${i}`);
  const many = [0, 1, 2, 3].map((n) => ({
    ...entry("x"),
    counts: { types: types.map((type) => `${n} ${type}`), rows: types.map((_, i) => [i, HOUR, 1] as const) },
  }));
  for (const one of many) expect(await settleEntries(store, [one])).toEqual([{ status: "written" }]);
  await mergeDeltas(store, slot, silent);
  expect(await repairSlot(store, slot, { now })).toMatchObject({ how: "left", reason: expect.stringMatching("fit") });
  expect((await head())?.hold).toBeUndefined();
});

it("a slot with rollups of releases up to 0.6.0 is left alone, and their open entries are not counted twice", async () => {
  const older = createOlderLedger(container);
  await fill();
  expect(await older.createEntry(toOlderEntry(entry("old")))).toEqual({ status: "written" });
  expect(await repairSlot(store, slot, { now })).toMatchObject({ how: "adds_up", entries: 4, counted: 3 });
  expect(await count()).toEqual({ ...all, old: 1 });
  await container.items.create({ ...entry("x"), id: "rollup.0", kind: "rollup", part: 0, sealed: false, ...span });
  expect(await repairSlot(store, slot, { now })).toMatchObject({ how: "old" });
});

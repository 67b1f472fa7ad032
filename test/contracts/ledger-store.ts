import { describe, expect, it } from "vitest";
import { makeDelta } from "../../shared/ledger/head-sums.ts";
import { type LedgerEntry, makeLedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import type {
  AccountRange,
  AccountScope,
  EntryStep,
  LedgerStore,
  Slot,
  TakePage,
} from "../../shared/ledger/ledger-store.ts";
import { stepOfDeltas } from "../../shared/ledger/merge-deltas.ts";
import { stepOf } from "../../shared/ledger/merge-entries.ts";
import { createKeyRing } from "../../shared/receipt/key-ring.ts";
import { mintReceipt, slotOf } from "../../shared/receipt/receipt-id.ts";
import { type OlderLedger, toOlderEntry } from "../support/older-ledger.ts";
import { newOrg } from "./new-org.ts";

const keys = createKeyRing([Buffer.alloc(32, 7)]);
const RECEIVED = Date.parse("2026-11-22T23:30:00Z");

function entry(org: string, timestamp: string, receivedAt = RECEIVED) {
  const { receiptId } = mintReceipt(keys, org, receivedAt, 2);
  return makeLedgerEntry(org, receiptId, [
    { outcome: "stored", eventType: "a", timestamp },
    { outcome: "duplicate", code: null },
  ]);
}

/** As releases up to 0.6.0 made it. */
function olderEntry(...given: Parameters<typeof entry>) {
  return toOlderEntry(entry(...given));
}

function stepFor(entries: readonly [LedgerEntry, ...LedgerEntry[]]): EntryStep {
  const [{ org_id: orgId, slot }] = entries;
  return { orgId, slot, entries, delta: makeDelta(orgId, slot, entries) };
}

const always: AccountRange = { by: "event", from: -1e6, to: 1e7 };

async function all<T>(
  scope: AccountScope,
  read: (scope: AccountScope, take: TakePage<T>) => Promise<void>,
): Promise<T[]> {
  const rows: T[] = [];
  await read(scope, (page) => rows.push(...page));
  return rows;
}

async function slotsOf(org: string, pages: AsyncIterable<readonly Slot[]>): Promise<string[]> {
  const slots: string[] = [];
  for await (const page of pages) for (const { orgId, slot } of page) if (orgId === org) slots.push(slot);
  return slots.sort();
}

/** The contract of every adapter of the ledger. It also reads and merges what releases up to 0.6.0 wrote. */
export function describeLedgerStore(name: string, make: () => LedgerStore & OlderLedger): void {
  describe(`ledger store: ${name}`, () => {
    it("takes an entry once and reads it back", async () => {
      const store = make();
      const org = newOrg();
      const made = entry(org, "2026-11-22T10:15:00.000Z");
      expect(await store.createEntries(stepFor([made]))).toEqual({ status: "written" });
      expect(await store.createEntries(stepFor([{ ...made, received_hour: 0 }]))).toEqual({ status: "conflict" });
      expect(await store.readEntry(org, slotOf(made.id), made.id)).toMatchObject(made);
      expect(await store.readEntry(newOrg(), slotOf(made.id), made.id)).toBeUndefined();
      expect(await store.readLatestEntry(org, slotOf(made.id), made.id)).toMatchObject(made);
      expect(await store.readLatestEntry(newOrg(), slotOf(made.id), made.id)).toBeUndefined();
      expect(await store.findOpenEntries(org, made.slot, 10)).toEqual([]);
    });

    it("takes entries with their delta, or, where one of them is there, nothing", async () => {
      const store = make();
      const org = newOrg();
      const first = entry(org, "2026-11-22T10:15:00.000Z");
      const { slot } = first;
      const [second, third] = [1, 2].map(() => ({ ...entry(org, "2026-11-22T10:15:00.000Z"), slot }));
      if (!second || !third) throw new Error("two entries were made");
      const step = stepFor([first, second]);
      expect(await store.createEntries(step)).toEqual({ status: "written" });
      expect(await store.createEntries(stepFor([third, second]))).toEqual({ status: "conflict" });
      expect(await store.readEntry(org, slot, third.id)).toBeUndefined();
      const [delta, ...others] = await store.findDeltas(org, slot, 10);
      expect([delta, others]).toMatchObject([step.delta, []]);
      expect(delta?.of).toEqual([first.id, second.id]);
      // One that an older release left open is there as well.
      await store.createEntry(toOlderEntry(third));
      expect(await store.createEntries(stepFor([third]))).toEqual({ status: "conflict" });
    });

    it("takes deltas up as a whole or not at all, and each once", async () => {
      const store = make();
      const org = newOrg();
      const first = entry(org, "2026-11-22T10:15:00.000Z");
      const { slot } = first;
      const scope = { orgId: org, range: always };
      await store.createEntries(stepFor([first]));
      expect(await store.readHead(org, slot)).toBeUndefined();
      const step = stepOfDeltas({ orgId: org, slot }, undefined, await store.findDeltas(org, slot, 10));
      expect(await store.mergeDeltas({ ...step, etag: '"other"' })).toBe(false);
      expect(await store.mergeDeltas({ ...step, deltas: [...step.deltas, "d.none"] })).toBe(false);
      expect(await all(scope, store.readSums)).toEqual([]);
      const both = await Promise.all([store.mergeDeltas(step), store.mergeDeltas(step)]);
      expect(both.filter(Boolean)).toHaveLength(1);
      expect(await store.findDeltas(org, slot, 10)).toEqual([]);
      expect(await all(scope, store.readOpen)).toEqual([]);

      await store.createEntries(stepFor([{ ...entry(org, "2026-11-22T12:15:00.000Z"), slot }]));
      const head = await store.readHead(org, slot);
      expect(head?.value).toMatchObject({ id: "head", n: 0, m: 1, counts: first.counts });
      const sealing = stepOfDeltas({ orgId: org, slot }, head, await store.findDeltas(org, slot, 10), 10);
      expect(await store.mergeDeltas({ ...sealing, etag: undefined })).toBe(false);
      expect(await store.mergeDeltas(sealing)).toBe(true);
      const sums = (await all(scope, store.readSums)).sort((a, b) => (a.id < b.id ? -1 : 1));
      expect(sums).toMatchObject([
        { id: "head", kind: "head", n: 1, counts: { rows: [[0, first.received_hour - 11, 1]] } },
        { id: "part.0", kind: "part", counts: first.counts },
      ]);
    });

    it("gives as many deltas as were asked for, and the slots that have any, also those of days before", async () => {
      const store = make();
      const org = newOrg();
      const made = entry(org, "2026-11-22T10:15:00.000Z");
      for (const slot of ["2026-11-21.3", "2026-11-22.0", "2026-11-22.0", "2026-11-22.1"])
        await store.createEntries(stepFor([{ ...made, id: mintReceipt(keys, org, RECEIVED, 2).receiptId, slot }]));
      expect(await store.findDeltas(org, "2026-11-22.0", 1)).toHaveLength(1);
      expect(await store.findDeltas(org, "2026-11-22.0", 9)).toHaveLength(2);
      expect(await slotsOf(org, store.findDeltaSlots())).toEqual(["2026-11-21.3", "2026-11-22.0", "2026-11-22.1"]);
      expect(await slotsOf(org, store.findDeltaSlots("2026-11-22"))).toEqual(["2026-11-21.3"]);
    });

    it("merges as a whole or not at all", async () => {
      const store = make();
      const org = newOrg();
      const made = olderEntry(org, "2026-11-22T10:15:00.000Z");
      await store.createEntry(made);
      const { slot } = made;
      expect(await store.findOpenSlots(10_000)).toContainEqual({ orgId: org, slot });
      const open = await store.findOpenEntries(org, slot, 10);
      const step = stepOf(org, slot, await store.readActiveRollup(org, slot), open);
      const stale = { ...step, entries: step.entries.map((marked) => ({ ...marked, etag: '"other"' })) };
      expect(await store.merge(stale)).toBe(false);
      const scope = { orgId: org, range: always };
      expect(await all(scope, store.readSums)).toEqual([]);
      expect(await store.merge(step)).toBe(true);
      expect(await store.merge(step)).toBe(false);
      expect(await store.findOpenEntries(org, slot, 10)).toEqual([]);
      expect(await all(scope, store.readSums)).toMatchObject([{ id: "rollup.0", counts: made.counts }]);
      expect(await store.readEntry(org, slot, made.id)).toMatchObject({
        open: false,
        merged_into: "rollup.0",
        merged_seq: 1,
      });
    });

    it("lets one of two merges at once win", async () => {
      const store = make();
      const org = newOrg();
      const made = olderEntry(org, "2026-11-22T10:15:00.000Z");
      await store.createEntry(made);
      const etags = new Set<string>();
      for (const round of [1, 2]) {
        const open = await store.findOpenEntries(org, made.slot, 10);
        const step = stepOf(org, made.slot, await store.readActiveRollup(org, made.slot), open);
        const both = await Promise.all([store.merge(step), store.merge(step)]);
        expect(both.filter(Boolean)).toHaveLength(1);
        const [listed, ...others] = await all({ orgId: org, range: always }, store.listSums);
        expect(listed).toMatchObject({ slot: made.slot, id: "rollup.0", kind: "rollup", sealed: false });
        expect(others).toEqual([]);
        expect(etags.add(listed?._etag ?? "").size).toBe(round);
        const next = { ...made, id: mintReceipt(keys, org, RECEIVED, 2).receiptId };
        await store.createEntry(next);
      }
    });

    it("gives other slots each time where there are more than were asked for", async () => {
      const store = make();
      const org = newOrg();
      const made = olderEntry(org, "2026-11-22T10:15:00.000Z");
      const slots = ["2026-11-22.0", "2026-11-22.1", "2026-11-22.2"];
      for (const slot of slots) await store.createEntry({ ...made, slot });
      const seen = new Set<string>();
      for (let tries = 0; tries < 1_000 && seen.size < slots.length; tries++)
        for (const { orgId, slot } of await store.findOpenSlots(1)) if (orgId === org) seen.add(slot);
      expect([...seen].sort()).toEqual(slots);
    });

    it("finds entries and rollups by the events' hours and by the hours of receipt", async () => {
      const store = make();
      const org = newOrg();
      const [early, late] = [olderEntry(org, "1969-12-31T23:59:59.000Z"), olderEntry(org, "2026-11-22T10:00:00.000Z")];
      for (const made of [early, late]) await store.createEntry(made);
      const hour = (time: string) => Math.floor(Date.parse(time) / 3_600_000);
      const find = async (range: AccountRange) =>
        (await all({ orgId: org, range }, store.readOpen)).map(({ id }) => id).sort();
      expect(await find(always)).toEqual([early.id, late.id].sort());
      expect(await find({ by: "event", from: -1, to: 0 })).toEqual([early.id]);
      expect(await find({ by: "event", from: 0, to: hour("2026-11-22T10:00:00Z") })).toEqual([]);
      expect(await find({ by: "event", from: hour("2026-11-22T10:00:00Z"), to: hour("2026-11-22T11:00:00Z") })).toEqual(
        [late.id],
      );
      expect(
        await find({ by: "receipt", from: hour("2026-11-22T23:00:00Z"), to: hour("2026-11-23T00:00:00Z") }),
      ).toHaveLength(2);
      expect(
        await find({ by: "receipt", from: hour("2026-11-23T00:00:00Z"), to: hour("2026-11-24T00:00:00Z") }),
      ).toEqual([]);
      for (const { slot } of [early, late]) {
        const open = await store.findOpenEntries(org, slot, 10);
        if (open.length > 0) await store.merge(stepOf(org, slot, await store.readActiveRollup(org, slot), open));
      }
      expect(await find(always)).toEqual([]);
      const sums = (range: AccountRange) => all({ orgId: org, range }, store.readSums);
      expect(await sums({ by: "event", from: -1, to: 0 })).toHaveLength(1);
      expect(await sums({ by: "event", from: 0, to: 10 })).toHaveLength(early.slot === late.slot ? 1 : 0);
    });

    it("gives of a range what it needs, and of one slot all", async () => {
      const store = make();
      const org = newOrg();
      const [made, open] = [olderEntry(org, "2026-11-22T10:00:00.000Z"), olderEntry(org, "2026-11-22T10:00:00.000Z")];
      await store.createEntry(made);
      const found = await store.findOpenEntries(org, made.slot, 10);
      await store.merge(stepOf(org, made.slot, await store.readActiveRollup(org, made.slot), found));
      await store.createEntry({ ...open, slot: made.slot });
      const { received_hour: hour, outcomes, slot } = made;
      const scopes: AccountScope[] = [
        { orgId: org, range: { by: "receipt", from: hour, to: hour + 1 } },
        { orgId: org, range: { by: "receipt", from: 0, to: 1 }, slot },
      ];
      for (const scope of scopes) {
        expect(await all(scope, store.listSums)).toMatchObject([{ slot, id: "rollup.0" }]);
        expect(await all(scope, store.readSums)).toMatchObject([{ slot, outcomes: [[hour, ...outcomes]] }]);
        expect(await all(scope, store.readOpen)).toMatchObject([
          { slot, id: open.id, outcomes: [[hour, ...outcomes]] },
        ]);
      }
      const elsewhere = { orgId: org, range: { by: "event", from: 0, to: 1 }, slot } as const;
      expect(await all(elsewhere, store.listSums)).toMatchObject([{ rows: 1 }]);
      expect(await all(elsewhere, store.readSums)).toMatchObject([{ counts: made.counts }]);
      expect(await all(elsewhere, store.readOpen)).toMatchObject([{ counts: made.counts }]);
      expect(await all({ ...elsewhere, slot: `${slot}9` }, store.readOpen)).toEqual([]);
    });
  });
}

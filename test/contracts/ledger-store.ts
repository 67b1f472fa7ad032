import { describe, expect, it } from "vitest";
import { makeLedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import type { AccountRange, LedgerStore } from "../../shared/ledger/ledger-store.ts";
import { stepOf } from "../../shared/ledger/merge-ledger.ts";
import { createKeyRing } from "../../shared/receipt/key-ring.ts";
import { mintReceipt, slotOf } from "../../shared/receipt/receipt-id.ts";
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

const always: AccountRange = { by: "event", from: -1e6, to: 1e7 };

/** The contract of every adapter of the ledger. */
export function describeLedgerStore(name: string, make: () => LedgerStore): void {
  describe(`ledger store: ${name}`, () => {
    it("takes an entry once and reads it back", async () => {
      const store = make();
      const org = newOrg();
      const made = entry(org, "2026-11-22T10:15:00.000Z");
      expect(await store.createEntry(made)).toEqual({ status: "written" });
      expect(await store.createEntry({ ...made, open: false })).toEqual({ status: "conflict" });
      expect(await store.readEntry(org, slotOf(made.id), made.id)).toMatchObject(made);
      expect(await store.readEntry(newOrg(), slotOf(made.id), made.id)).toBeUndefined();
      expect(await store.readLatestEntry(org, slotOf(made.id), made.id)).toMatchObject(made);
      expect(await store.readLatestEntry(newOrg(), slotOf(made.id), made.id)).toBeUndefined();
    });

    it("merges as a whole or not at all", async () => {
      const store = make();
      const org = newOrg();
      const made = entry(org, "2026-11-22T10:15:00.000Z");
      await store.createEntry(made);
      const { slot } = made;
      expect(await store.findOpenSlots(10_000)).toContainEqual({ orgId: org, slot });
      const open = await store.findOpenEntries(org, slot, 10);
      const step = stepOf(org, slot, await store.readActiveRollup(org, slot), open);
      const stale = { ...step, entries: step.entries.map((marked) => ({ ...marked, etag: '"other"' })) };
      expect(await store.merge(stale)).toBe(false);
      expect(await store.findRollups(org, always)).toEqual([]);
      expect(await store.merge(step)).toBe(true);
      expect(await store.merge(step)).toBe(false);
      expect(await store.findOpenEntries(org, slot, 10)).toEqual([]);
      expect(await store.findRollups(org, always)).toMatchObject([{ seq: 1, counts: made.counts }]);
      expect(await store.readEntry(org, slot, made.id)).toMatchObject({
        open: false,
        merged_into: "rollup.0",
        merged_seq: 1,
      });
    });

    it("lets one of two merges at once win", async () => {
      const store = make();
      const org = newOrg();
      const made = entry(org, "2026-11-22T10:15:00.000Z");
      await store.createEntry(made);
      for (const round of [1, 2]) {
        const open = await store.findOpenEntries(org, made.slot, 10);
        const step = stepOf(org, made.slot, await store.readActiveRollup(org, made.slot), open);
        const both = await Promise.all([store.merge(step), store.merge(step)]);
        expect(both.filter(Boolean)).toHaveLength(1);
        expect((await store.findRollupVersions(org, always)).map(({ seq }) => seq)).toEqual([round]);
        const next = { ...made, id: mintReceipt(keys, org, RECEIVED, 2).receiptId };
        await store.createEntry(next);
      }
    });

    it("finds entries and rollups by the events' hours and by the hours of receipt", async () => {
      const store = make();
      const org = newOrg();
      const [early, late] = [entry(org, "1969-12-31T23:59:59.000Z"), entry(org, "2026-11-22T10:00:00.000Z")];
      for (const made of [early, late]) await store.createEntry(made);
      const hour = (time: string) => Math.floor(Date.parse(time) / 3_600_000);
      const find = async (range: AccountRange) =>
        (await store.findOpenEntriesInRange(org, range)).map(({ id }) => id).sort();
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
      expect((await store.findRollups(org, { by: "event", from: -1, to: 0 })).length).toBe(1);
      expect(await store.findRollups(org, { by: "event", from: 0, to: 10 })).toHaveLength(
        early.slot === late.slot ? 1 : 0,
      );
      expect(await store.findMergedSince(org, early.slot, "rollup.0", 1)).toEqual([]);
      expect((await store.findMergedSince(org, early.slot, "rollup.0", 0)).map(({ id }) => id)).toContain(early.id);
    });
  });
}

import { describe, expect, it } from "vitest";
import { makeLedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import type { AccountRange, AccountScope, LedgerStore, TakePage } from "../../shared/ledger/ledger-store.ts";
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

async function all<T>(
  scope: AccountScope,
  read: (scope: AccountScope, take: TakePage<T>) => Promise<void>,
): Promise<T[]> {
  const rows: T[] = [];
  await read(scope, (page) => rows.push(...page));
  return rows;
}

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
      const made = entry(org, "2026-11-22T10:15:00.000Z");
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
      const made = entry(org, "2026-11-22T10:15:00.000Z");
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
      const [early, late] = [entry(org, "1969-12-31T23:59:59.000Z"), entry(org, "2026-11-22T10:00:00.000Z")];
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
      const [made, open] = [entry(org, "2026-11-22T10:00:00.000Z"), entry(org, "2026-11-22T10:00:00.000Z")];
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

import type { Delta } from "../../shared/ledger/head.ts";
import { makeDelta } from "../../shared/ledger/head-sums.ts";
import type { LedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import type { EntryStep, LedgerStore } from "../../shared/ledger/ledger-store.ts";
import type { Weaken } from "./model.ts";
import { unavailable, type World } from "./world.ts";

/* How the ledger's writes may be weakened: what settles, and what merges. */

export const withLedger =
  (weakened: (ledger: LedgerStore, world: World) => Partial<LedgerStore>): Weaken =>
  (ports, world) => ({ ...ports, ledger: { ...ports.ledger, ...weakened(ports.ledger, world) } });

/** In two writes: a delta of nothing counts nothing. */
export const inTwoWrites =
  (parts: (step: EntryStep) => readonly [EntryStep, EntryStep]): Weaken =>
  (...given) =>
    withLedger((ledger) => ({
      createEntries: async (step) => {
        const [first, second] = parts(step);
        const result = await ledger.createEntries(first);
        return result.status === "written" ? ledger.createEntries(second) : result;
      },
    }))(...given);

export const withoutDelta = (step: EntryStep): EntryStep => ({ ...step, delta: makeDelta(step.orgId, step.slot, []) });
export const withoutEntries = (step: EntryStep): EntryStep => ({ ...step, entries: [] });

/** A try that met a 409 counts what it has created itself, one by one. */
export const countOwnCreates = withLedger((ledger) => ({
  createEntries: async (step) => {
    const own: LedgerEntry[] = [];
    for (const entry of step.entries) {
      const { status } = await ledger.createEntries(withoutDelta({ ...step, entries: [entry] }));
      if (status === "unavailable") return unavailable;
      if (status === "written") own.push(entry);
    }
    return ledger.createEntries({ ...step, entries: [], delta: makeDelta(step.orgId, step.slot, own) });
  },
}));

/** Where an entry stands already it is written over, and another delta counts it. */
export const writeTwice = withLedger((ledger) => ({
  createEntries: async (step) => {
    const result = await ledger.createEntries(step);
    if (result.status !== "conflict") return result;
    for (const entry of step.entries) {
      const { status } = await ledger.createEntries(withoutDelta({ ...step, entries: [entry] }));
      if (status === "unavailable") return unavailable;
    }
    return ledger.createEntries(withoutEntries(step));
  },
}));

export const deltasDeletedApart = withLedger((ledger) => ({
  mergeDeltas: async (step) => {
    if (!(await ledger.mergeDeltas({ ...step, deltas: [] }))) return false;
    const { head, part: _, ...rest } = step;
    const now = await ledger.readHead(step.orgId, step.slot);
    return ledger.mergeDeltas({ ...rest, head: now?.value ?? head, etag: now?.etag });
  },
}));

/** Takes the present ETag for the one that was read. */
export const headWithoutEtag = withLedger((ledger, world) => ({
  mergeDeltas: async (step) => {
    const now = await world.ledger.readHead(step.orgId, step.slot);
    return ledger.mergeDeltas({ ...step, etag: now?.etag });
  },
}));

/** The deltas of a merge are read, and then the head. */
export const deltasBeforeHead: Weaken = (...given) => {
  const read = new Map<string, readonly Delta[]>();
  return withLedger((ledger) => ({
    readHead: async (orgId, slot) => {
      read.set(`${orgId} ${slot}`, await ledger.findDeltas(orgId, slot, 1_000));
      return ledger.readHead(orgId, slot);
    },
    findDeltas: async (orgId, slot) => [...(read.get(`${orgId} ${slot}`) ?? [])],
    // A delta that is gone is taken for one that was deleted by this merge's own try before.
    mergeDeltas: async (step) => {
      const there = new Set((await ledger.findDeltas(step.orgId, step.slot, 1_000)).map(({ id }) => id));
      return ledger.mergeDeltas({ ...step, deltas: step.deltas.filter((id) => there.has(id)) });
    },
  }))(...given);
};

/** The head that goes on is written, and then the part that it was. */
export const sealInTwoWrites = withLedger((ledger) => ({
  mergeDeltas: async ({ part, ...step }) => {
    if (!(await ledger.mergeDeltas(step))) return false;
    if (!part) return true;
    const now = await ledger.readHead(step.orgId, step.slot);
    return now !== undefined && ledger.mergeDeltas({ ...step, part, deltas: [], head: now.value, etag: now.etag });
  },
}));

/** By the instances of this release, and not by those of the one before it. */
export const newSlotByRelease = withLedger((ledger) => {
  const move = (slot: string): string => `${slot.slice(0, 10)}.9`;
  return {
    createEntries: ({ slot, entries, delta, ...step }) => {
      const moved = { slot: move(slot) };
      const own = entries.map((entry) => ({ ...entry, ...moved }));
      return ledger.createEntries({ ...step, ...moved, entries: own, delta: { ...delta, ...moved } });
    },
  };
});

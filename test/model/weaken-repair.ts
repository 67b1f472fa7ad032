import type { Counted } from "../../shared/ledger/adjustment.ts";
import { makeDelta } from "../../shared/ledger/head-sums.ts";
import type { EntryStep, SumListed, TakePage } from "../../shared/ledger/ledger-store.ts";
import { isLive, numberOf } from "../../shared/ledger/slot-chains.ts";
import type { Weaken } from "./model.ts";
import { inAnotherSlot, withLedger } from "./weaken-ledger.ts";

/* How adjustments and repairs may be weakened. */

const isAdjusting = ({ entries }: EntryStep): boolean => entries.some(({ kind }) => kind === "adjustment");

export const adjustElsewhere = withLedger((ledger) => ({
  createEntries: (step) => ledger.createEntries(isAdjusting(step) ? inAnotherSlot(step) : step),
}));

export const adjustmentByTry: Weaken = (ports, world, process, random) =>
  withLedger((ledger) => {
    const rename = <T extends Counted>(one: T): T => ({ ...one, id: `${one.id}.${random.below(1e9)}` });
    return {
      createEntries: (step) => {
        if (!isAdjusting(step)) return ledger.createEntries(step);
        const entries = step.entries.map(rename);
        return ledger.createEntries({ ...step, entries, delta: makeDelta(step.orgId, step.slot, entries) });
      },
    };
  })(ports, world, process, random);

/** The open deltas of the first look are those of the second. */
export const repairReadsDeltasFirst = withLedger((ledger) => {
  let looked: readonly string[] | undefined;
  return {
    // A look begins with the head, and so does a repair.
    readHead: (orgId, slot) => {
      looked = undefined;
      return ledger.readHead(orgId, slot);
    },
    readOpenIds: async (slot, take) => {
      if (looked) return take(looked);
      const found: string[] = [];
      await ledger.readOpenIds(slot, (page) => found.push(...page));
      looked = found;
      take(found);
    },
  };
});

/** The head, and then the parts that it has taken the place of. */
export const repairInTwoWrites = withLedger((ledger) => ({
  mergeDeltas: async ({ parts, ...step }) => {
    if (!(await ledger.mergeDeltas(parts ? { ...step, parts: [] } : step))) return false;
    if (!parts) return true;
    const now = await ledger.readHead(step.orgId, step.slot);
    return now !== undefined && ledger.mergeDeltas({ ...step, head: now.value, etag: now.etag, parts });
  },
}));

/** Takes the present ETag for the one that was read, from the first step on. */
export const repairWithoutEtag = withLedger((ledger, world) => ({
  mergeDeltas: async (step) => {
    if (!step.parts && step.head.hold === undefined) return ledger.mergeDeltas(step);
    const now = await world.ledger.readHead(step.orgId, step.slot);
    return ledger.mergeDeltas({ ...step, etag: now?.etag });
  },
}));

/** A head has as many parts as are there. */
const byPartsThatAreThere =
  <T extends SumListed>(take: TakePage<T>): TakePage<T> =>
  (rows) =>
    take(
      rows.map((row) => {
        if (row.kind !== "head" || !isLive(row)) return row;
        const parts = rows.filter(({ kind, slot }) => kind === "part" && slot === row.slot);
        return { ...row, n: Math.max(0, ...parts.map((part) => numberOf(part) + 1)) };
      }),
    );

export const missingPartsIgnored = withLedger((ledger) => ({
  listSums: (scope, take) => ledger.listSums(scope, byPartsThatAreThere(take)),
  readSums: (scope, take) => ledger.readSums(scope, byPartsThatAreThere(take)),
}));

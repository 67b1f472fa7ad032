import { partitionOfSlot } from "../support/memory-ledger-store.ts";
import type { NextLedger } from "../support/next-ledger.ts";
import { rangeOf } from "../support/versions.ts";
import { type Connection, noAnswer, noteAccount, noteWrite, readFrom, unavailable } from "./world.ts";

/** What 0.7.0 asks of the ledger. Its entries are this release's, without what only this one needs. */
export function connectNext(connection: Connection): NextLedger {
  const { world, scheduler, process } = connection;
  const { ledger } = world;
  const ofSlot = (orgId: string, slot: string): readonly number[] => [rangeOf(partitionOfSlot(orgId, slot))];
  return {
    createEntries: (step) =>
      scheduler.step(
        process,
        ["next.createEntries", ...step.entries.map(({ id }) => id)],
        () =>
          noteWrite(connection, "ledger", ofSlot(step.orgId, step.slot), () => {
            for (const entry of step.entries) noteAccount(world, entry);
            return ledger.createEntries(step);
          }),
        () => unavailable,
      ),
    readHead: (orgId, slot) =>
      readFrom(connection, "ledger", ["next.readHead", orgId, slot], ofSlot(orgId, slot), (at) =>
        ledger.readAt(at).readHead(orgId, slot),
      ),
    findDeltas: (orgId, slot) =>
      readFrom(connection, "ledger", ["next.findDeltas", orgId, slot], ofSlot(orgId, slot), (at) =>
        ledger.readAt(at).findDeltas(orgId, slot),
      ),
    mergeDeltas: (step) =>
      scheduler.step(
        process,
        ["next.mergeDeltas", step.orgId, step.slot],
        () => noteWrite(connection, "ledger", ofSlot(step.orgId, step.slot), () => ledger.mergeDeltas(step)),
        noAnswer,
      ),
  };
}

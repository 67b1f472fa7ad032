import type { LedgerStore, Slot } from "../../shared/ledger/ledger-store.ts";
import { partitionOfSlot } from "../support/memory-ledger-store.ts";
import type { OlderLedger } from "../support/older-ledger.ts";
import { ALL, rangeOf } from "../support/versions.ts";
import { connectAccount, type ReadLedger } from "./connect-account.ts";
import { type Connection, noAnswer, noteAccount, noteWrite, readFrom, unavailable } from "./world.ts";

type Write = <T>(
  what: readonly [string, ...string[]],
  slot: readonly [orgId: string, slot: string],
  change: () => Promise<T>,
  unanswered: () => T,
) => Promise<T>;

/** The ledger as one process sees it: every call is a step, which may fail before or after it took effect. */
export function connectLedger(connection: Connection): LedgerStore {
  const { world, random } = connection;
  const { ledger } = world;
  const read: ReadLedger = (what, ranges, ask) => readFrom(connection, "ledger", what, ranges, ask);
  const write = createWrite(connection);
  return {
    createEntries: (step) => {
      const what = ["ledger.createEntries", ...step.entries.map(({ id }) => id)] as const;
      const create = () => {
        for (const entry of step.entries) noteAccount(world, entry);
        return ledger.createEntries(step);
      };
      return write(what, [step.orgId, step.slot], create, () => unavailable);
    },
    readEntry: (orgId, slot, id) =>
      read(["ledger.readEntry", id], ofSlot(orgId, slot), (at) => ledger.readAt(at).readEntry(orgId, slot, id)),
    readLatestEntry: (orgId, slot, id) =>
      write(["ledger.readLatestEntry", id], [orgId, slot], () => ledger.readLatestEntry(orgId, slot, id), noAnswer),
    findOpenSlots: (limit) => read(["ledger.findOpenSlots"], ALL, (at) => ledger.readAt(at).findOpenSlots(limit)),
    readActiveRollup: (orgId, slot) =>
      read(["ledger.readActiveRollup", orgId, slot], ofSlot(orgId, slot), (at) =>
        ledger.readAt(at).readActiveRollup(orgId, slot),
      ),
    findOpenEntries: (orgId, slot, limit) =>
      read(["ledger.findOpenEntries", orgId, slot], ofSlot(orgId, slot), (at) =>
        ledger.readAt(at).findOpenEntries(orgId, slot, limit),
      ),
    merge: (step) => write(["ledger.merge"], [step.orgId, step.slot], () => ledger.merge(step), noAnswer),
    findDeltaSlots: async function* (before) {
      yield* await read(["ledger.findDeltaSlots"], ALL, async (at) => {
        const pages: (readonly Slot[])[] = [];
        for await (const page of ledger.readAt(at).findDeltaSlots(before)) pages.push(page);
        return pages;
      });
    },
    readHead: (orgId, slot) =>
      read(["ledger.readHead", orgId, slot], ofSlot(orgId, slot), (at) => ledger.readAt(at).readHead(orgId, slot)),
    // Few at a time, so that merges are many.
    findDeltas: (orgId, slot) =>
      read(["ledger.findDeltas", orgId, slot], ofSlot(orgId, slot), (at) =>
        ledger.readAt(at).findDeltas(orgId, slot, 1 + random.below(3)),
      ),
    mergeDeltas: (step) =>
      write(["ledger.mergeDeltas"], [step.orgId, step.slot], () => ledger.mergeDeltas(step), noAnswer),
    ...connectAccount(read, ledger),
  };
}

export function connectOlder(connection: Connection): OlderLedger {
  const { world } = connection;
  const write = createWrite(connection);
  return {
    createEntry: (entry) => {
      const create = () => {
        noteAccount(world, entry);
        return world.ledger.createEntry(entry);
      };
      return write(["older.createEntry", entry.id], [entry.org_id, entry.slot], create, () => unavailable);
    },
  };
}

function createWrite(connection: Connection): Write {
  const { scheduler, process } = connection;
  return (what, [orgId, slot], change, unanswered) => {
    const effect = () => noteWrite(connection, "ledger", ofSlot(orgId, slot), change);
    return scheduler.step(process, [...what, orgId, slot], effect, unanswered);
  };
}

function ofSlot(orgId: string, slot: string): readonly number[] {
  return [rangeOf(partitionOfSlot(orgId, slot))];
}

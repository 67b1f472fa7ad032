import type { DeltaStep, LedgerStore } from "../../shared/ledger/ledger-store.ts";
import { type MemoryLedgerStore, partitionOfSlot } from "../support/memory-ledger-store.ts";
import type { OlderLedger } from "../support/older-ledger.ts";
import { ALL, rangeOf } from "../support/versions.ts";
import { checkSlot } from "./check-rollups.ts";
import { connectAccount, type ReadLedger, rowsOf } from "./connect-account.ts";
import { type Connection, noAnswer, noteAccount, noteWrite, readFrom, unavailable, type World } from "./world.ts";

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
        for (const one of step.entries) if (one.kind === "entry") noteAccount(world, one);
        return ledger.createEntries(step);
      };
      return write(what, [step.orgId, step.slot], create, () => unavailable);
    },
    readEntry: (orgId, slot, id) =>
      read(["ledger.readEntry", id], ofSlot(orgId, slot), (at) => ledger.readAt(at).readEntry(orgId, slot, id)),
    readCounted: (orgId, slot, id) =>
      read(["ledger.readCounted", id], ofSlot(orgId, slot), (at) => ledger.readAt(at).readCounted(orgId, slot, id)),
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
      yield* await read(["ledger.findDeltaSlots"], ALL, (at) => pagesOf(ledger.readAt(at).findDeltaSlots(before)));
    },
    readHead: (orgId, slot) =>
      read(["ledger.readHead", orgId, slot], ofSlot(orgId, slot), (at) => ledger.readAt(at).readHead(orgId, slot)),
    // Few at a time, so that merges are many.
    findDeltas: (orgId, slot) =>
      read(["ledger.findDeltas", orgId, slot], ofSlot(orgId, slot), (at) =>
        ledger.readAt(at).findDeltas(orgId, slot, 1 + random.below(3)),
      ),
    mergeDeltas: (step) =>
      write(["ledger.mergeDeltas"], [step.orgId, step.slot], () => mergeDeltas(world, step), noAnswer),
    ...connectAccount(read, ledger),
    ...connectRepair(read, ledger),
  };
}

/** What a repair writes adds up at once. */
async function mergeDeltas({ ledger, violations }: World, step: DeltaStep): Promise<boolean> {
  const done = await ledger.mergeDeltas(step);
  if (done && step.parts) violations.push(...checkSlot(ledger, step).map((what) => `a repair: ${what}`));
  return done;
}

/** What adjustments and repairs ask. */
function connectRepair(read: ReadLedger, ledger: MemoryLedgerStore) {
  return {
    findAdjustments: (orgId, slot, receiptId) =>
      read(["ledger.findAdjustments", receiptId], ofSlot(orgId, slot), (at) =>
        ledger.readAt(at).findAdjustments(orgId, slot, receiptId),
      ),
    countEntries: (orgId, slot) =>
      read(["ledger.countEntries", orgId, slot], ofSlot(orgId, slot), (at) =>
        ledger.readAt(at).countEntries(orgId, slot),
      ),
    readAllCounted: async (slot, take) =>
      take(
        await read(["ledger.readAllCounted", slot.slot], ofSlot(slot.orgId, slot.slot), (at) =>
          rowsOf((page) => ledger.readAt(at).readAllCounted(slot, page)),
        ),
      ),
    readOpenIds: async (slot, take) =>
      take(
        await read(["ledger.readOpenIds", slot.slot], ofSlot(slot.orgId, slot.slot), (at) =>
          rowsOf((page) => ledger.readAt(at).readOpenIds(slot, page)),
        ),
      ),
    findSumSlots: async function* (day) {
      yield* await read(["ledger.findSumSlots"], ALL, (at) => pagesOf(ledger.readAt(at).findSumSlots(day)));
    },
  } satisfies Partial<LedgerStore>;
}

async function pagesOf<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(page);
  return all;
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

import { hourStart } from "../../shared/ledger/event-counts.ts";
import type { Delta, Head, Part } from "../../shared/ledger/head.ts";
import type { LedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import type {
  AccountScope,
  DeltaStep,
  LedgerStore,
  MergeStep,
  Slot,
  SumListed,
  Versioned,
} from "../../shared/ledger/ledger-store.ts";
import type { Rollup } from "../../shared/ledger/rollup.ts";
import { createSample } from "../../shared/runtime/sample.ts";
import { conflict, type Kept, keep, written } from "./memory-stores.ts";
import type { OlderLedger } from "./older-ledger.ts";
import { type At, createVersions, NOW, type Versions } from "./versions.ts";

/** `readLatestEntry` is not among them: it sees the present in any case. */
type LedgerReads = Omit<LedgerStore, "createEntries" | "merge" | "mergeDeltas" | "readLatestEntry">;

type Sum = Rollup | Head | Part;

export interface MemoryLedgerStore extends LedgerStore, OlderLedger {
  readonly entries: (at?: At) => LedgerEntry[];
  readonly sums: () => Sum[];
  readonly deltas: () => Delta[];
  /** The number of the last change; a transaction is one. */
  readonly last: () => number;
  readonly readAt: (at: At) => LedgerReads;
}

interface LedgerVersions {
  readonly entries: Versions<Kept<LedgerEntry>>;
  readonly sums: Versions<Kept<Sum>>;
  readonly deltas: Versions<Kept<Delta>>;
}

export function partitionOfSlot(orgId: string, slot: string): string {
  return `${orgId}\0${slot}`;
}

function ledgerKey(orgId: string, slot: string, id: string): string {
  return `${partitionOfSlot(orgId, slot)}\0${id}`;
}

/** @param random from 0 to below 1: the order in which slots are merged */
export function createMemoryLedgerStore(random: () => number = Math.random): MemoryLedgerStore {
  const versions: LedgerVersions = { entries: createVersions(), sums: createVersions(), deltas: createVersions() };
  const { entries, sums, deltas } = versions;
  let last = 0;
  const readAt = (at: At): LedgerReads => readLedger(versions, at, random);
  return {
    ...readAt(NOW),
    readLatestEntry: readAt(NOW).readEntry,
    last: () => last,
    readAt,
    entries: (at) => entries.values(at).map((kept) => kept.value),
    sums: () => sums.values().map((kept) => kept.value),
    deltas: () => deltas.values().map((kept) => kept.value),
    createEntry: async (entry) => {
      const { org_id, slot, id } = entry;
      const key = ledgerKey(org_id, slot, id);
      if (entries.get(key)) return conflict;
      entries.set(key, partitionOfSlot(org_id, slot), ++last, keep(entry));
      return written;
    },
    merge: async (step) => {
      const done = holds(versions, step);
      if (done) applyMerge(versions, step, ++last);
      return done;
    },
    createEntries: async ({ orgId, slot, entries: created, delta }) => {
      if (created.some(({ id }) => entries.get(ledgerKey(orgId, slot, id)))) return conflict;
      const partition = partitionOfSlot(orgId, slot);
      last++;
      for (const entry of created) entries.set(ledgerKey(orgId, slot, entry.id), partition, last, keep(entry));
      deltas.set(ledgerKey(orgId, slot, delta.id), partition, last, keep(delta));
      return written;
    },
    mergeDeltas: async (step) => {
      const done = holdsDeltas(versions, step);
      if (done) applyDeltas(versions, step, ++last);
      return done;
    },
  };
}

function holds({ entries, sums }: LedgerVersions, { orgId, slot, ...step }: MergeStep): boolean {
  return (
    step.rollups.every(({ rollup, etag }) => sums.get(ledgerKey(orgId, slot, rollup.id))?.etag === etag) &&
    step.entries.every(({ id, etag }) => entries.get(ledgerKey(orgId, slot, id))?.etag === etag)
  );
}

function applyMerge({ entries, sums }: LedgerVersions, step: MergeStep, lsn: number): void {
  const { orgId, slot } = step;
  const partition = partitionOfSlot(orgId, slot);
  for (const { rollup } of step.rollups) sums.set(ledgerKey(orgId, slot, rollup.id), partition, lsn, keep(rollup));
  for (const { id, mergedInto, mergedSeq } of step.entries) {
    const key = ledgerKey(orgId, slot, id);
    const entry = entries.get(key)?.value;
    const merged = entry && { ...entry, open: false, merged_into: mergedInto, merged_seq: mergedSeq };
    if (merged) entries.set(key, partition, lsn, keep(merged));
  }
}

function holdsDeltas({ sums, deltas }: LedgerVersions, { orgId, slot, ...step }: DeltaStep): boolean {
  const isThere = (id: string): boolean => deltas.get(ledgerKey(orgId, slot, id)) !== undefined;
  const { part } = step;
  return (
    sums.get(ledgerKey(orgId, slot, step.head.id))?.etag === step.etag &&
    (part === undefined || sums.get(ledgerKey(orgId, slot, part.id)) === undefined) &&
    step.deltas.every(isThere)
  );
}

function applyDeltas({ sums, deltas }: LedgerVersions, step: DeltaStep, lsn: number): void {
  const { orgId, slot, head, part } = step;
  const partition = partitionOfSlot(orgId, slot);
  for (const sum of part ? [head, part] : [head]) sums.set(ledgerKey(orgId, slot, sum.id), partition, lsn, keep(sum));
  for (const id of step.deltas) deltas.set(ledgerKey(orgId, slot, id), partition, lsn, undefined);
}

function readLedger({ entries, sums, deltas }: LedgerVersions, at: At, random: () => number): LedgerReads {
  const inSlot = <T extends InSlot>(kept: Versions<Kept<T>>, orgId: string, slot: string): Kept<T>[] =>
    kept.valuesIn(partitionOfSlot(orgId, slot), at);
  const inScope = <T extends InSlot>(kept: Versions<Kept<T>>, scope: AccountScope): Kept<T>[] =>
    kept.values(at).filter(({ value }) => value.org_id === scope.orgId && isWithin(value, scope));
  return {
    readEntry: async (orgId, slot, id) => entries.get(ledgerKey(orgId, slot, id), at)?.value,
    findOpenSlots: async (limit) => {
      const open = entries.values(at).filter(({ value }) => value.open);
      const sample = createSample<Slot>(limit, random);
      for (const slot of slotsOf(open)) sample.add(slot);
      return sample.take();
    },
    readActiveRollup: async (orgId, slot) => inSlot(sums, orgId, slot).find(isActive),
    findOpenEntries: async (orgId, slot, limit): Promise<Versioned<LedgerEntry>[]> =>
      inSlot(entries, orgId, slot)
        .filter(({ value }) => value.open)
        .slice(0, limit),
    listSums: async (scope, take) => take(inScope(sums, scope).map(toListed)),
    readSums: async (scope, take) => take(inScope(sums, scope).map(({ value, etag }) => ({ ...value, _etag: etag }))),
    readOpen: async (scope, take) => {
      const open = inScope(entries, scope).filter(({ value }) => value.open);
      take(open.map(({ value }) => ({ ...value, outcomes: [[value.received_hour, ...value.outcomes]] })));
      take(inScope(deltas, scope).map(({ value }) => value));
    },
    readHead: async (orgId, slot) => inSlot(sums, orgId, slot).find(isHead),
    findDeltas: async (orgId, slot, limit) =>
      inSlot(deltas, orgId, slot)
        .slice(0, limit)
        .map(({ value }) => value),
    findDeltaSlots: async function* (before) {
      yield slotsOf(deltas.values(at)).filter(({ slot }) => before === undefined || slot < before);
    },
  };
}

function slotsOf(kept: readonly Kept<InSlot>[]): Slot[] {
  const slots = kept.map(({ value: { org_id: orgId, slot } }) => ({ orgId, slot }));
  return [...new Map(slots.map((one) => [partitionOfSlot(one.orgId, one.slot), one])).values()];
}

function isActive(kept: Kept<Sum>): kept is Kept<Rollup> {
  return kept.value.kind === "rollup" && !kept.value.sealed;
}

function isHead(kept: Kept<Sum>): kept is Kept<Head> {
  return kept.value.kind === "head";
}

function toListed({ value: { counts, outcomes: _, ...sum }, etag }: Kept<Sum>): SumListed {
  return { ...sum, rows: counts.rows.length, _etag: etag };
}

interface InSlot {
  readonly org_id: string;
  readonly slot: string;
  readonly kind: string;
  readonly first_hour?: number | null;
  readonly last_hour?: number | null;
}

function isWithin(value: InSlot, { slot, range: { by, from, to } }: AccountScope): boolean {
  if (slot !== undefined) return value.slot === slot;
  const { first_hour, last_hour } = value;
  if (by === "event") {
    if (value.kind === "delta") return true;
    return typeof first_hour === "number" && typeof last_hour === "number" && last_hour >= from && first_hour < to;
  }
  const day = (hour: number): string => hourStart(hour).slice(0, 10);
  return value.slot >= day(from) && value.slot < day(to + 23);
}

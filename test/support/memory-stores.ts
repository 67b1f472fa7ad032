import type { EventDocument, EventQuery, EventStore, Tombstone } from "../../shared/event/event-store.ts";
import { hourStart } from "../../shared/ledger/event-counts.ts";
import type { LedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import type { AccountScope, LedgerStore, MergeStep, SumListed, Versioned } from "../../shared/ledger/ledger-store.ts";
import type { Rollup } from "../../shared/ledger/rollup.ts";
import { createSample } from "../../shared/runtime/sample.ts";
import type { WriteResult } from "../../shared/store/write-result.ts";
import { type At, createVersions, NOW, type Versions } from "./versions.ts";

/**
 * Adapters in memory for the model of the stack, which runs hundreds of thousands of interleavings. They pass the same
 * contract suites as those for Cosmos DB. Their past can be read as well, as a replica that lags has it.
 */
interface Kept<T> {
  readonly value: T;
  readonly etag: string;
}

let lastEtag = 0;
function keep<T>(value: T): Kept<T> {
  return { value, etag: String(++lastEtag) };
}

const written: WriteResult = { status: "written" };
const conflict: WriteResult = { status: "conflict" };

type EventReads = Omit<EventStore, "create" | "replace">;
type StoredEvent = EventDocument | Tombstone;

export interface MemoryEventStore extends EventStore {
  readonly all: () => StoredEvent[];
  readonly expire: (orgId: string, id: string) => void;
  /** The number of the last change. */
  readonly last: () => number;
  readonly readAt: (at: At) => EventReads;
}

/** The partition of an event, in which it is alone. */
export function partitionOfEvent(orgId: string, id: string): string {
  return `${orgId}\0${id}`;
}

export function createMemoryEventStore(): MemoryEventStore {
  const documents = createVersions<Kept<StoredEvent>>();
  let last = 0;
  const put = (orgId: string, id: string, value: StoredEvent | undefined): void => {
    const key = partitionOfEvent(orgId, id);
    documents.set(key, key, ++last, value && keep(value));
  };
  const readAt = (at: At): EventReads => readEvents(documents, at);
  return {
    ...readAt(NOW),
    last: () => last,
    readAt,
    all: () => documents.values().map((kept) => kept.value),
    expire: (orgId, id) => put(orgId, id, undefined),
    create: async (created) =>
      created.map((document) => {
        if (documents.get(partitionOfEvent(document.org_id, document.id))) return conflict;
        put(document.org_id, document.id, document);
        return written;
      }),
    replace: async (document, etag) => {
      if (documents.get(partitionOfEvent(document.org_id, document.id))?.etag !== etag) return conflict;
      put(document.org_id, document.id, document);
      return written;
    },
  };
}

function readEvents(documents: Versions<Kept<StoredEvent>>, at: At): EventReads {
  const find = (orgId: string, id: string): Kept<StoredEvent> | undefined =>
    documents.get(partitionOfEvent(orgId, id), at);
  const isEvent = (document: StoredEvent): document is EventDocument => document.receipt_id !== null;
  return {
    findOccupants: async (orgId, ids) =>
      new Map(
        ids.flatMap((id) => {
          const kept = find(orgId, id);
          if (!kept) return [];
          const { receipt_id: receiptId, quarantined = [] } = kept.value;
          return [[id, { id, receiptId, quarantined, etag: kept.etag }] as const];
        }),
      ),
    read: async (orgId, id) => {
      const document = find(orgId, id)?.value;
      return document && isEvent(document) ? document : undefined;
    },
    query: async (orgId, query) => {
      const events = documents
        .values(at)
        .map((kept) => kept.value)
        .filter(isEvent)
        .filter((event) => event.org_id === orgId && matches(event, query))
        .sort((a, b) => compare(b.timestamp, a.timestamp) || compare(b.id, a.id))
        .slice(0, query.limit);
      return { events, complete: events.length < query.limit };
    },
  };
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function matches(event: EventDocument, { from, to, eventType, userId, schemaVersion, after }: EventQuery): boolean {
  const { timestamp, id } = event;
  return (
    timestamp >= from &&
    timestamp < to &&
    (eventType === undefined || event.event_type === eventType) &&
    (userId === undefined || event.user_id === userId) &&
    (schemaVersion === undefined || event.schema_version === schemaVersion) &&
    (!after || timestamp < after.timestamp || (timestamp === after.timestamp && id < after.id))
  );
}

/** `readLatestEntry` is not among them: it sees the present in any case. */
type LedgerReads = Omit<LedgerStore, "createEntry" | "merge" | "readLatestEntry">;

export interface MemoryLedgerStore extends LedgerStore {
  readonly entries: (at?: At) => LedgerEntry[];
  readonly rollups: () => Rollup[];
  /** The number of the last change; a transaction is one. */
  readonly last: () => number;
  readonly readAt: (at: At) => LedgerReads;
}

interface LedgerVersions {
  readonly entries: Versions<Kept<LedgerEntry>>;
  readonly rollups: Versions<Kept<Rollup>>;
}

export function partitionOfSlot(orgId: string, slot: string): string {
  return `${orgId}\0${slot}`;
}

function ledgerKey(orgId: string, slot: string, id: string): string {
  return `${partitionOfSlot(orgId, slot)}\0${id}`;
}

/** @param random from 0 to below 1: the order in which slots are merged */
export function createMemoryLedgerStore(random: () => number = Math.random): MemoryLedgerStore {
  const versions: LedgerVersions = { entries: createVersions(), rollups: createVersions() };
  const { entries, rollups } = versions;
  let last = 0;
  const readAt = (at: At): LedgerReads => readLedger(versions, at, random);
  return {
    ...readAt(NOW),
    readLatestEntry: readAt(NOW).readEntry,
    last: () => last,
    readAt,
    entries: (at) => entries.values(at).map((kept) => kept.value),
    rollups: () => rollups.values().map((kept) => kept.value),
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
  };
}

function holds({ entries, rollups }: LedgerVersions, { orgId, slot, ...step }: MergeStep): boolean {
  return (
    step.rollups.every(({ rollup, etag }) => rollups.get(ledgerKey(orgId, slot, rollup.id))?.etag === etag) &&
    step.entries.every(({ id, etag }) => entries.get(ledgerKey(orgId, slot, id))?.etag === etag)
  );
}

function applyMerge({ entries, rollups }: LedgerVersions, step: MergeStep, lsn: number): void {
  const { orgId, slot } = step;
  const partition = partitionOfSlot(orgId, slot);
  for (const { rollup } of step.rollups) rollups.set(ledgerKey(orgId, slot, rollup.id), partition, lsn, keep(rollup));
  for (const { id, mergedInto, mergedSeq } of step.entries) {
    const key = ledgerKey(orgId, slot, id);
    const entry = entries.get(key)?.value;
    const merged = entry && { ...entry, open: false, merged_into: mergedInto, merged_seq: mergedSeq };
    if (merged) entries.set(key, partition, lsn, keep(merged));
  }
}

function readLedger({ entries, rollups }: LedgerVersions, at: At, random: () => number): LedgerReads {
  const inSlot = <T extends Rollup | LedgerEntry>(kept: Versions<Kept<T>>, orgId: string, slot: string): Kept<T>[] =>
    kept.values(at).filter(({ value }) => value.org_id === orgId && value.slot === slot);
  const inScope = <T extends Rollup | LedgerEntry>(kept: Versions<Kept<T>>, scope: AccountScope): Kept<T>[] =>
    kept.values(at).filter(({ value }) => value.org_id === scope.orgId && isWithin(value, scope));
  return {
    readEntry: async (orgId, slot, id) => entries.get(ledgerKey(orgId, slot, id), at)?.value,
    findOpenSlots: async (limit) => {
      const open = entries.values(at).filter(({ value }) => value.open);
      const slots = new Map(
        open.map(({ value: { org_id: orgId, slot } }) => [partitionOfSlot(orgId, slot), { orgId, slot }]),
      );
      const sample = createSample<{ orgId: string; slot: string }>(limit, random);
      for (const slot of slots.values()) sample.add(slot);
      return sample.take();
    },
    readActiveRollup: async (orgId, slot) => inSlot(rollups, orgId, slot).find(({ value }) => !value.sealed),
    findOpenEntries: async (orgId, slot, limit): Promise<Versioned<LedgerEntry>[]> =>
      inSlot(entries, orgId, slot)
        .filter(({ value }) => value.open)
        .slice(0, limit),
    listSums: async (scope, take) => take(inScope(rollups, scope).map(toListed)),
    readSums: async (scope, take) =>
      take(inScope(rollups, scope).map(({ value, etag }) => ({ ...value, _etag: etag }))),
    readOpen: async (scope, take) =>
      take(
        inScope(entries, scope)
          .filter(({ value }) => value.open)
          .map(({ value }) => ({ ...value, outcomes: [[value.received_hour, ...value.outcomes]] })),
      ),
  };
}

function toListed({ value: { counts, outcomes: _, ...sum }, etag }: Kept<Rollup>): SumListed {
  return { ...sum, rows: counts.rows.length, _etag: etag };
}

function isWithin(value: Rollup | LedgerEntry, { slot, range: { by, from, to } }: AccountScope): boolean {
  if (slot !== undefined) return value.slot === slot;
  if (by === "event")
    return value.last_hour !== null && value.first_hour !== null && value.last_hour >= from && value.first_hour < to;
  const day = (hour: number): string => hourStart(hour).slice(0, 10);
  return value.slot >= day(from) && value.slot < day(to + 23);
}

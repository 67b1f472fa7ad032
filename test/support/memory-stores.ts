import type { EventDocument, EventQuery, EventStore, Tombstone } from "../../shared/event/event-store.ts";
import { hourStart } from "../../shared/ledger/event-counts.ts";
import type { LedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import type { AccountRange, LedgerStore, MergeStep, Versioned } from "../../shared/ledger/ledger-store.ts";
import type { Rollup } from "../../shared/ledger/rollup.ts";
import type { WriteResult } from "../../shared/store/write-result.ts";

/**
 * Adapters in memory for the model of the stack, which runs hundreds of thousands of interleavings. They pass the same
 * contract suites as those for Cosmos DB.
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

export function createMemoryEventStore(): EventStore & {
  readonly all: () => (EventDocument | Tombstone)[];
  readonly expire: (orgId: string, id: string) => void;
} {
  const documents = new Map<string, Kept<EventDocument | Tombstone>>();
  const keyOf = (orgId: string, id: string): string => `${orgId}\0${id}`;
  const isEvent = (document: EventDocument | Tombstone): document is EventDocument => document.receipt_id !== null;
  return {
    all: () => [...documents.values()].map((kept) => kept.value),
    expire: (orgId, id) => void documents.delete(keyOf(orgId, id)),
    create: async (created) =>
      created.map((document) => {
        const key = keyOf(document.org_id, document.id);
        if (documents.has(key)) return conflict;
        documents.set(key, keep(document));
        return written;
      }),
    findOccupants: async (orgId, ids) =>
      new Map(
        ids.flatMap((id) => {
          const kept = documents.get(keyOf(orgId, id));
          if (!kept) return [];
          const { receipt_id: receiptId, quarantined = [] } = kept.value;
          return [[id, { id, receiptId, quarantined, etag: kept.etag }] as const];
        }),
      ),
    replace: async (document, etag) => {
      const key = keyOf(document.org_id, document.id);
      if (documents.get(key)?.etag !== etag) return conflict;
      documents.set(key, keep(document));
      return written;
    },
    read: async (orgId, id) => {
      const document = documents.get(keyOf(orgId, id))?.value;
      return document && isEvent(document) ? document : undefined;
    },
    query: async (orgId, query) => {
      const events = [...documents.values()]
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

export function createMemoryLedgerStore(): LedgerStore & {
  readonly entries: () => LedgerEntry[];
  readonly rollups: () => Rollup[];
} {
  const entries = new Map<string, Kept<LedgerEntry>>();
  const rollups = new Map<string, Kept<Rollup>>();
  const keyOf = (orgId: string, slot: string, id: string): string => `${orgId}\0${slot}\0${id}`;
  const inSlot = <T extends { org_id: string; slot: string }>(
    kept: Map<string, Kept<T>>,
    orgId: string,
    slot: string,
  ): Kept<T>[] => [...kept.values()].filter(({ value }) => value.org_id === orgId && value.slot === slot);
  const inRange = <T extends Rollup | LedgerEntry>(
    kept: Map<string, Kept<T>>,
    orgId: string,
    range: AccountRange,
  ): T[] =>
    [...kept.values()].map(({ value }) => value).filter((value) => value.org_id === orgId && overlaps(value, range));
  const holds = ({ orgId, slot, rollups: changed, entries: marked }: MergeStep): boolean =>
    changed.every(({ rollup, etag }) => rollups.get(keyOf(orgId, slot, rollup.id))?.etag === etag) &&
    marked.every(({ id, etag }) => entries.get(keyOf(orgId, slot, id))?.etag === etag);
  return {
    entries: () => [...entries.values()].map((kept) => kept.value),
    rollups: () => [...rollups.values()].map((kept) => kept.value),
    createEntry: async (entry) => {
      const key = keyOf(entry.org_id, entry.slot, entry.id);
      if (entries.has(key)) return conflict;
      entries.set(key, keep(entry));
      return written;
    },
    readEntry: async (orgId, slot, id) => entries.get(keyOf(orgId, slot, id))?.value,
    findOpenSlots: async (limit) => {
      const open = [...entries.values()].filter(({ value }) => value.open);
      const slots = new Map(open.map(({ value: { org_id: orgId, slot } }) => [`${orgId}\0${slot}`, { orgId, slot }]));
      return [...slots.values()].slice(0, limit);
    },
    readActiveRollup: async (orgId, slot) => inSlot(rollups, orgId, slot).find(({ value }) => !value.sealed),
    findOpenEntries: async (orgId, slot, limit): Promise<Versioned<LedgerEntry>[]> =>
      inSlot(entries, orgId, slot)
        .filter(({ value }) => value.open)
        .slice(0, limit),
    merge: async (step) => {
      if (!holds(step)) return false;
      const { orgId, slot } = step;
      for (const { rollup } of step.rollups) rollups.set(keyOf(orgId, slot, rollup.id), keep(rollup));
      for (const { id, mergedInto, mergedSeq } of step.entries) {
        const entry = entries.get(keyOf(orgId, slot, id))?.value;
        if (entry)
          entries.set(
            keyOf(orgId, slot, id),
            keep({ ...entry, open: false, merged_into: mergedInto, merged_seq: mergedSeq }),
          );
      }
      return true;
    },
    findRollups: async (orgId, range) => inRange(rollups, orgId, range),
    findRollupVersions: async (orgId, range) =>
      inRange(rollups, orgId, range).map(({ slot, id, seq }) => ({ slot, id, seq })),
    findOpenEntriesInRange: async (orgId, range) => inRange(entries, orgId, range).filter((entry) => entry.open),
    findMergedSince: async (orgId, slot, rollupId, seq) =>
      inSlot(entries, orgId, slot)
        .map(({ value }) => value)
        .filter((entry) => entry.merged_into === rollupId && (entry.merged_seq ?? 0) > seq),
  };
}

function overlaps(value: Rollup | LedgerEntry, { by, from, to }: AccountRange): boolean {
  if (by === "event")
    return value.last_hour !== null && value.first_hour !== null && value.last_hour >= from && value.first_hour < to;
  const day = (hour: number): string => hourStart(hour).slice(0, 10);
  return value.slot >= day(from) && value.slot < day(to + 23);
}

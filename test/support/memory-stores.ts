import type { EventDocument, EventQuery, EventStore, FoundEvent, Tombstone } from "../../shared/event/event-store.ts";
import type { WriteResult } from "../../shared/store/write-result.ts";
import { type At, createVersions, NOW, type Versions } from "./versions.ts";

/**
 * Adapters in memory for the model of the stack, which runs hundreds of thousands of interleavings. They pass the same
 * contract suites as those for Cosmos DB. Their past can be read as well, as a replica that lags has it.
 */
export interface Kept<T> {
  readonly value: T;
  readonly etag: string;
}

let lastEtag = 0;
export function keep<T>(value: T): Kept<T> {
  return { value, etag: String(++lastEtag) };
}

export const written: WriteResult = { status: "written" };
export const conflict: WriteResult = { status: "conflict" };

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
          const contentHash = isEvent(kept.value) ? kept.value.content_hash : undefined;
          const index = isEvent(kept.value) ? kept.value.index : undefined;
          return [[id, { id, receiptId, index, quarantined, contentHash, etag: kept.etag }] as const];
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
        .slice(0, query.limit)
        .map((event) => select(event, query));
      return { events, complete: events.length < query.limit };
    },
  };
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function select(event: EventDocument, { fields }: EventQuery): FoundEvent {
  if (!fields) return event;
  const wanted = new Set<string>(["id", "timestamp", ...fields]);
  return Object.fromEntries(Object.entries(event).filter(([name]) => wanted.has(name))) as unknown as FoundEvent;
}

function matches(event: EventDocument, query: EventQuery): boolean {
  const { from, to, eventTypes, userIds, schemaVersions, columns = [], after } = query;
  const { timestamp, id } = event;
  return (
    timestamp >= from &&
    timestamp < to &&
    (eventTypes?.includes(event.event_type) ?? true) &&
    (userIds?.includes(event.user_id ?? "") ?? true) &&
    (schemaVersions?.includes(event.schema_version ?? 0) ?? true) &&
    columns.every(({ column, values }) => values.includes(event[column] ?? "")) &&
    (!after || timestamp < after.timestamp || (timestamp === after.timestamp && id < after.id))
  );
}

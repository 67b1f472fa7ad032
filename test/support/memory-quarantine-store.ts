import { AppError } from "../../shared/errors.ts";
import type { ActKind } from "../../shared/quarantine/quarantine-act.ts";
import type {
  OlderDocument,
  OlderQuery,
  QuarantineDocument,
  QuarantineQuery,
  QuarantineRemains,
  QuarantineStore,
  QuarantineSummary,
} from "../../shared/quarantine/quarantine-store.ts";
import type { WriteResult } from "../../shared/store/write-result.ts";
import { call, type MemoryService } from "./memory-service.ts";
import { type Kept, keep } from "./memory-stores.ts";

type Stored = QuarantineDocument | QuarantineRemains;

export interface MemoryQuarantineStore extends QuarantineStore, MemoryService {
  /** Without what is only left of one. */
  all(): QuarantineDocument[];
  /** What has become of a document; undefined when nothing is left of it. */
  endOf(orgId: string, id: string): "there" | ActKind | undefined;
  /** How many of those are left that were discarded. */
  discarded(): number;
  /** Those that are left of what was replayed. */
  replayed(): QuarantineRemains[];
}

/** The most that Cosmos DB takes as a document, in bytes of JSON. */
const MAX_DOCUMENT_BYTES = 2 * 1024 * 1024;

/** A quarantine in memory. It passes the same contract suite as the one for Cosmos DB. */
export function createMemoryQuarantineStore(): MemoryQuarantineStore {
  const documents = new Map<string, Kept<Stored>>();
  const create = (document: QuarantineDocument): WriteResult => {
    if (store.away) return { status: "unavailable", retryAfterMs: 0, reason: "the store is away" };
    if (Buffer.byteLength(JSON.stringify(document)) > MAX_DOCUMENT_BYTES)
      return { status: "refused", reason: "413: the document is too large" };
    const key = keyOf(document.org_id, document.id);
    if (documents.has(key)) return { status: "conflict" };
    documents.set(key, keep(document));
    return { status: "written" };
  };
  const replace = (document: Stored, etag: string): WriteResult =>
    store.away ? AWAY : replaceIn(documents, keyOf(document.org_id, document.id), document, etag);
  const all = (): QuarantineDocument[] =>
    [...documents.values()].flatMap(({ value }) => ("ended" in value ? [] : [value]));
  const failure = (): AppError => new AppError("store_unavailable", "the store is away", { retryAfter: 1 });
  const store: MemoryQuarantineStore = {
    all,
    endOf: (orgId, id) => {
      const value = documents.get(keyOf(orgId, id))?.value;
      return value && ("ended" in value ? value.ended.what : "there");
    },
    discarded: () =>
      [...documents.values()].filter(({ value }) => "ended" in value && value.ended.what === "discarded").length,
    replayed: () =>
      [...documents.values()].flatMap(({ value }) =>
        "ended" in value && value.ended.what === "replayed" ? [value] : [],
      ),
    away: false,
    hanging: undefined,
    create: async (created) => {
      if (store.hanging !== undefined) await store.hanging;
      return created.map(create);
    },
    read: (orgId, id) =>
      call(
        store,
        () => {
          const kept = documents.get(keyOf(orgId, id));
          return kept && { ...kept.value, etag: kept.etag };
        },
        { failure },
      ),
    replace: async (document, etag) => replace(document, etag),
    delete: async (orgId, id, etag) => deleteFrom(documents, keyOf(orgId, id), etag),
    findOlder: (query) => call(store, () => findOlder(all(), query), { failure }),
    query: (orgId, query) => call(store, () => queryAll(all(), orgId, query), { failure }),
  };
  return store;
}

const keyOf = (orgId: string, id: string): string => `${orgId}\0${id}`;

const AWAY: WriteResult = { status: "unavailable", retryAfterMs: 0, reason: "the store is away" };

function replaceIn(documents: Map<string, Kept<Stored>>, key: string, document: Stored, etag: string): WriteResult {
  if (documents.get(key)?.etag !== etag) return { status: "conflict" };
  documents.set(key, keep(document));
  return { status: "written" };
}

function deleteFrom(documents: Map<string, Kept<Stored>>, key: string, etag: string): WriteResult {
  if (documents.get(key)?.etag !== etag) return { status: "conflict" };
  documents.delete(key);
  return { status: "written" };
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function matches(document: QuarantineDocument, { from, to, code, eventType, after }: QuarantineQuery): boolean {
  const { received_at: at, id } = document;
  return (
    at >= from &&
    at < to &&
    (code === undefined || document.code === code) &&
    (eventType === undefined || document.event_type === eventType) &&
    (!after || at < after.receivedAt || (at === after.receivedAt && id < after.id))
  );
}

function findOlder(documents: readonly QuarantineDocument[], query: OlderQuery): OlderDocument[] {
  const { before, orgId, received, limit } = query;
  const isBehind = ({ org_id, received_at, id }: QuarantineDocument): boolean =>
    received
      ? org_id === orgId &&
        (received_at > received.received_at || (received_at === received.received_at && id > received.id))
      : org_id > orgId;
  return documents
    .filter((document) => document.received_at < before && isBehind(document))
    .sort((a, b) => compare(a.org_id, b.org_id) || compare(a.received_at, b.received_at) || compare(a.id, b.id))
    .slice(0, limit)
    .map(({ id, org_id, received_at, ttl }) => ({ id, org_id, received_at, ...(ttl !== undefined && { ttl }) }));
}

function queryAll(documents: readonly QuarantineDocument[], orgId: string, query: QuarantineQuery) {
  return documents
    .filter((document) => document.org_id === orgId && matches(document, query))
    .sort((a, b) => compare(b.received_at, a.received_at) || compare(b.id, a.id))
    .slice(0, query.limit)
    .map(summarize);
}

function summarize(document: QuarantineDocument): QuarantineSummary {
  const { raw, act, tried, tried_by, v, sent_at, idempotency_key, dialect, ...summary } = document;
  return summary;
}

import { AppError } from "../../shared/errors.ts";
import type {
  QuarantineDocument,
  QuarantineQuery,
  QuarantineStore,
  QuarantineSummary,
} from "../../shared/quarantine/quarantine-store.ts";
import type { WriteResult } from "../../shared/store/write-result.ts";
import { call, type MemoryService } from "./memory-service.ts";

export interface MemoryQuarantineStore extends QuarantineStore, MemoryService {
  all(): QuarantineDocument[];
}

/** The most that Cosmos DB takes as a document, in bytes of JSON. */
const MAX_DOCUMENT_BYTES = 2 * 1024 * 1024;

/** A quarantine in memory. It passes the same contract suite as the one for Cosmos DB. */
export function createMemoryQuarantineStore(): MemoryQuarantineStore {
  const documents = new Map<string, QuarantineDocument>();
  const keyOf = (orgId: string, id: string): string => `${orgId}\0${id}`;
  const create = (document: QuarantineDocument): WriteResult => {
    if (store.away) return { status: "unavailable", retryAfterMs: 0, reason: "the store is away" };
    if (Buffer.byteLength(JSON.stringify(document)) > MAX_DOCUMENT_BYTES)
      return { status: "refused", reason: "413: the document is too large" };
    const key = keyOf(document.org_id, document.id);
    if (documents.has(key)) return { status: "conflict" };
    documents.set(key, document);
    return { status: "written" };
  };
  const failure = (): AppError => new AppError("store_unavailable", "the store is away", { retryAfter: 1 });
  const store: MemoryQuarantineStore = {
    all: () => [...documents.values()],
    away: false,
    hanging: undefined,
    create: async (created) => {
      if (store.hanging !== undefined) await store.hanging;
      return created.map(create);
    },
    read: (orgId, id) =>
      call(store, () => documents.get(keyOf(orgId, id)), {
        failure,
      }),
    query: (orgId, query) =>
      call(
        store,
        () =>
          [...documents.values()]
            .filter((document) => document.org_id === orgId && matches(document, query))
            .sort((a, b) => compare(b.received_at, a.received_at) || compare(b.id, a.id))
            .slice(0, query.limit)
            .map(summarize),
        { failure },
      ),
  };
  return store;
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

function summarize({ raw, v, ...summary }: QuarantineDocument): QuarantineSummary {
  return summary;
}

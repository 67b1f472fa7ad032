import { type Container, ErrorResponse, type SqlQuerySpec } from "@azure/cosmos";
import { inTime, queryAll, readDocument, sql, writeResultOfError } from "../store/cosmos.ts";
import { createDocuments } from "../store/create-documents.ts";
import { stamp } from "../store/formats.ts";
import type { WriteResult } from "../store/write-result.ts";
import type {
  Etagged,
  OlderDocument,
  OlderQuery,
  QuarantineDocument,
  QuarantineQuery,
  QuarantineRemains,
  QuarantineStore,
  QuarantineSummary,
} from "./quarantine-store.ts";

export function createCosmosQuarantineStore(container: Container): QuarantineStore {
  return {
    create: (documents, deadline) => {
      const stamped = documents.map((document) => stamp("quarantined", document));
      return createDocuments(container, stamped, deadline);
    },
    read: async (orgId, id) => {
      const found = await readDocument<Stored>(container, id, [orgId, id]);
      return found && toEtagged(found);
    },
    replace: (document, etag) => {
      const item = container.item(document.id, [document.org_id, document.id]);
      const body: Document = stamp("quarantined", document);
      return write((abortSignal) => item.replace<Document>(body, { accessCondition: ifMatch(etag), abortSignal }));
    },
    delete: (orgId, id, etag) => {
      const item = container.item(id, [orgId, id]);
      return write((abortSignal) => item.delete({ accessCondition: ifMatch(etag), abortSignal }));
    },
    findOlder: (query) => queryAll<OlderDocument>(container, olderQuery(query)),
    query: (orgId, query) => queryAll<QuarantineSummary>(container, summariesQuery(orgId, query)),
  };
}

type Document = QuarantineDocument | QuarantineRemains;
type Stored = Document & { readonly _etag: string };

/** Where it is gone, it has changed as well. */
async function write(work: (abortSignal: AbortSignal) => Promise<unknown>): Promise<WriteResult> {
  try {
    await inTime(work);
    return { status: "written" };
  } catch (error) {
    return error instanceof ErrorResponse && error.code === 404 && !error.substatus
      ? { status: "conflict" }
      : writeResultOfError(error);
  }
}

function ifMatch(etag: string) {
  return { type: "IfMatch", condition: etag } as const;
}

/** In the order of a composite index: so many are read, and no more. */
function olderQuery({ before, orgId, received, limit }: OlderQuery): SqlQuerySpec {
  const fields = "c.id, c.org_id, c.received_at, c.ttl";
  const filters = ["c.received_at < @before"];
  if (!received) filters.push("c.org_id > @behind");
  else filters.push("c.org_id = @org", "c.received_at >= @at", "(c.received_at > @at OR c.id > @id)");
  const order = "c.org_id ASC, c.received_at ASC, c.id ASC";
  return sql(`SELECT TOP ${limit} ${fields} FROM c WHERE ${filters.join(" AND ")} ORDER BY ${order}`, {
    before,
    ...(received ? { org: orgId, at: received.received_at, id: received.id } : { behind: orgId }),
  });
}

const SUMMARY =
  "c.id, c.org_id, c.receipt_id, c.index, c.received_at, c.code, c.path, c.message, c.event_id, c.event_type, c.user_id, c.schema_version, c.ttl";

/** As a page of events: what filters fix comes first in ORDER BY, so that a composite index serves it whole. */
function summariesQuery(orgId: string, query: QuarantineQuery): SqlQuerySpec {
  const { from, to, code, eventType, after, limit } = query;
  const filters = ["c.org_id = @org", "c.received_at >= @from", "c.received_at < @to"];
  if (code !== undefined) filters.push("c.code = @code");
  if (eventType !== undefined) filters.push("c.event_type = @type");
  if (after) filters.push("c.received_at <= @at", "(c.received_at < @at OR c.id < @id)");
  const fixed = eventType !== undefined ? ["event_type"] : code !== undefined ? ["code"] : [];
  const order = ["org_id", ...fixed, "received_at", "id"].map((path) => `c.${path} DESC`).join(", ");
  return sql(`SELECT TOP ${limit} ${SUMMARY} FROM c WHERE ${filters.join(" AND ")} ORDER BY ${order}`, {
    org: orgId,
    from,
    to,
    ...(code === undefined ? undefined : { code }),
    ...(eventType === undefined ? undefined : { type: eventType }),
    ...(after ? { at: after.receivedAt, id: after.id } : undefined),
  });
}

/** Cosmos DB's own fields are not the product's. */
function toEtagged(document: Stored): Etagged<Document> {
  const { _rid, _self, _attachments, _ts, _etag: etag, ...own } = document as Stored & Record<string, unknown>;
  return { ...own, etag } as unknown as Etagged<Document>;
}

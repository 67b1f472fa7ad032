import type { Container, SqlQuerySpec } from "@azure/cosmos";
import { queryAll, readDocument, sql } from "../store/cosmos.ts";
import { createDocuments } from "../store/create-documents.ts";
import { stamp } from "../store/formats.ts";
import type { QuarantineDocument, QuarantineQuery, QuarantineStore, QuarantineSummary } from "./quarantine-store.ts";

export function createCosmosQuarantineStore(container: Container): QuarantineStore {
  return {
    create: (documents, deadline) => {
      const stamped = documents.map((document) => stamp("quarantined", document));
      return createDocuments(container, stamped, deadline);
    },
    read: async (orgId, id) => {
      const found = await readDocument<QuarantineDocument>(container, id, [orgId, id]);
      return found && stripSystem(found);
    },
    query: (orgId, query) => queryAll<QuarantineSummary>(container, summariesQuery(orgId, query)),
  };
}

const SUMMARY =
  "c.id, c.org_id, c.receipt_id, c.index, c.received_at, c.code, c.path, c.message, c.event_id, c.event_type, c.user_id, c.schema_version";

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
function stripSystem(document: QuarantineDocument): QuarantineDocument {
  const { _rid, _self, _etag, _attachments, _ts, ...own } = document as QuarantineDocument & Record<string, unknown>;
  return own as unknown as QuarantineDocument;
}

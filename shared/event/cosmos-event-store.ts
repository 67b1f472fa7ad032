import type { Container, SqlQuerySpec } from "@azure/cosmos";
import { reached } from "../runtime/reached.ts";
import { confirmRefusals } from "../store/confirm-refusals.ts";
import {
  inTime,
  isGone,
  queryAll,
  readDocument,
  reading,
  sql,
  type WriteAnswer,
  writeAnswerOfError,
} from "../store/cosmos.ts";
import { createDocuments } from "../store/create-documents.ts";
import { isReadable, stamp } from "../store/formats.ts";
import type { WriteResult } from "../store/write-result.ts";
import { findEvents, stripSystem } from "./cosmos-find-events.ts";
import type { Occupant, QuarantineMark } from "./decide-outcome.ts";
import type { EventDocument, EventStore, Tombstone } from "./event-store.ts";

/** Up to so many ids are read one by one: 1 RU each, and a query is 2.3 at least, with a plan before it. */
const POINT_READS = 4;
/** Ids asked for in one query: beyond this, the text of the query is the expensive part. */
const IDS_A_QUERY = 200;
const UNANSWERED: WriteResult = { status: "unavailable", retryAfterMs: 0, reason: "the store gave no answer" };

export function createCosmosEventStore(container: Container): EventStore {
  return {
    create: (documents, deadline) => {
      const stamped = documents.map((document) => stamp("event", document));
      return createDocuments(container, stamped, deadline);
    },
    findOccupants: async (orgId, ids) => {
      if (ids.length <= POINT_READS) return readOccupants(container, orgId, ids);
      const chunks: string[][] = [];
      for (let i = 0; i < ids.length; i += IDS_A_QUERY) chunks.push(ids.slice(i, i + IDS_A_QUERY));
      const rows = await Promise.all(
        chunks.map((chunk) => queryAll<OccupantRow>(container, occupantsQuery(orgId, chunk))),
      );
      return new Map(rows.flat().map((row) => [row.id, toOccupant(row)]));
    },
    replace: async (document, etag) => {
      const again = () => replaceOne(container, stamp("event", document), etag);
      const [result] = await confirmRefusals(container, [{ answer: await again(), again }]);
      return result ?? UNANSWERED;
    },
    read: async (orgId, id) => {
      const document = await readDocument<EventDocument | Tombstone>(container, id, [orgId, id]);
      return document && document.receipt_id !== null ? stripSystem(document) : undefined;
    },
    query: (orgId, query) => reading((signal) => findEvents(container, orgId, query, signal)),
  };
}

async function replaceOne(
  container: Container,
  document: EventDocument | Tombstone,
  etag: string,
): Promise<WriteAnswer> {
  try {
    const accessCondition = { type: "IfMatch", condition: etag };
    const item = container.item(document.id, [document.org_id, document.id]);
    await inTime((abortSignal) => item.replace<EventDocument | Tombstone>(document, { accessCondition, abortSignal }));
    return { status: "written" };
  } catch (error) {
    const answer = writeAnswerOfError(error);
    // It is gone, as the next look will show.
    if (!isGone(error)) return answer;
    reached("tombstone-is-gone");
    return { status: "conflict" };
  }
}

interface OccupantRow {
  readonly id: string;
  readonly receipt_id: string | null;
  readonly index?: number;
  readonly quarantined?: readonly QuarantineMark[];
  readonly v?: number;
  readonly content_hash?: string;
  readonly _etag: string;
}

function toOccupant({ id, receipt_id, index, quarantined = [], v, content_hash, _etag }: OccupantRow): Occupant {
  const isNewer = !isReadable("event", { v });
  return {
    id,
    receiptId: receipt_id,
    index,
    quarantined,
    etag: _etag,
    contentHash: content_hash,
    ...(isNewer && { isNewer }),
  };
}

async function readOccupants(
  container: Container,
  orgId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Occupant>> {
  const found = await Promise.all(ids.map((id) => readDocument<OccupantRow>(container, id, [orgId, id])));
  return new Map(found.flatMap((row) => (row ? [[row.id, toOccupant(row)]] : [])));
}

function occupantsQuery(orgId: string, ids: readonly string[]): SqlQuerySpec {
  const names = ids.map((_, i) => `@id${i}`);
  const values = Object.fromEntries(ids.map((id, i) => [`id${i}`, id]));
  return sql(
    `SELECT c.id, c.receipt_id, c.index, c.quarantined, c.v, c.content_hash, c._etag FROM c WHERE c.org_id = @org AND c.id IN (${names.join(", ")})`,
    {
      org: orgId,
      ...values,
    },
  );
}

import { BulkOperationType, type Container, type JSONObject, type OperationInput } from "@azure/cosmos";
import { pagesOf, queryAll, readDocument, reading, sql } from "../store/cosmos.ts";
import { readable, stamp } from "../store/formats.ts";
import type { JobDocument, JobPlace } from "./job.ts";
import type { EtaggedJob, JobStore, LiveJob } from "./job-store.ts";

type Stored = JobDocument & { readonly _etag: string };

/** Jobs and places of an org are one partition, so that both change together. */
export function createCosmosJobStore(container: Container): JobStore {
  return {
    create: (job) => commit(container, job.org_id, [toCreate(stamp("job", job)), ...placeOperations(undefined, job)]),
    read: async (orgId, id) => {
      const found = isJobId(id) ? await readDocument<Stored>(container, id, orgId) : undefined;
      return found && toEtagged(readable("job", found));
    },
    replace: ({ etag, ...before }, after) => {
      const resourceBody = stamp("job", after) as unknown as JSONObject;
      const replace = { operationType: BulkOperationType.Replace, id: after.id, ifMatch: etag, resourceBody };
      return commit(container, after.org_id, [replace, ...placeOperations(before, after)]);
    },
    list: async (orgId, { before = AFTER_JOBS, limit }) => {
      // The org changes no order, and lets a composite index serve the page (docs/adr/0020).
      const where = "c.org_id = @org AND c.id < @before ORDER BY c.org_id DESC, c.id DESC";
      const query = sql(`SELECT TOP ${limit} * FROM c WHERE ${where}`, { org: orgId, before });
      const found = await queryAll<Stored>(container, query, { partitionKey: orgId });
      return found.map((job) => withoutEtag(toEtagged(readable("job", job))));
    },
    listLive: (orgId) => {
      const query = sql(`${LIVE} AND c.org_id = @org`, { org: orgId });
      return queryAll<LiveJob>(container, query, { partitionKey: orgId });
    },
    findLive: () => pagesOf<LiveJob>(container, sql(LIVE, {}), { maxItemCount: 100 }),
  };
}

const PLACE = "place.";
/** Behind every id of a job, which is in hexadecimal digits, and before every place. */
const AFTER_JOBS = "g";
const LIVE = "SELECT c.id, c.org_id, c.place, c.steps, c.moved_at FROM c WHERE c.place >= 1";

/** Not every text can be asked for, and a place is no job. */
export function isJobId(id: string): boolean {
  return /^[0-9a-f-]{36}$/.test(id);
}

/** The place that a job takes or gives back by becoming another. */
function placeOperations(before: JobDocument | undefined, after: JobDocument): OperationInput[] {
  if (before?.place === after.place) return [];
  const given =
    before?.place === undefined ? [] : [{ operationType: BulkOperationType.Delete, id: `${PLACE}${before.place}` }];
  if (after.place === undefined) return given;
  const place: JobPlace = { id: `${PLACE}${after.place}`, org_id: after.org_id, job_id: after.id };
  return [...given, toCreate(stamp("job_place", place))];
}

function toCreate(document: object): OperationInput {
  return { operationType: BulkOperationType.Create, resourceBody: document as JSONObject };
}

/** One transaction: everything in it, or, when anything has changed since it was read, nothing. */
function commit(container: Container, orgId: string, operations: OperationInput[]): Promise<boolean> {
  return reading(async (abortSignal) => {
    const { code, result } = await container.items.batch(operations, orgId, { abortSignal });
    const statuses = result?.map((operation) => operation.statusCode) ?? [];
    if (statuses.length === operations.length && statuses.every((status) => status < 300)) return true;
    // 404: it expired between reading and replacing.
    if (statuses.some((status) => status === 409 || status === 412 || status === 404)) return false;
    throw new Error(`a job was refused: ${code}, ${statuses.join(" ")}`);
  });
}

/** Without what Cosmos DB adds, which must not be written back. */
function toEtagged(document: Stored): EtaggedJob {
  const { _rid, _self, _attachments, _ts, _etag: etag, ...own } = document as Stored & Record<string, unknown>;
  return { ...own, etag } as unknown as EtaggedJob;
}

function withoutEtag({ etag, ...job }: EtaggedJob): JobDocument {
  return job;
}

import {
  ConsistencyLevel,
  type Container,
  CosmosClient,
  ErrorResponse,
  type FeedOptions,
  type ItemDefinition,
  type PartitionKey,
  type SqlParameter,
  type SqlQuerySpec,
} from "@azure/cosmos";
import type { TokenCredential } from "@azure/identity";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import { type Deadline, noDeadline, withDeadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import { createHttpClient } from "./answers.ts";
import { createCosmosCheck } from "./check-cosmos.ts";
import { type ContainerName, containers, databaseName } from "./containers.ts";
import type { WriteResult } from "./write-result.ts";

export type Containers = Readonly<Record<ContainerName, Container>>;

export interface Cosmos {
  readonly containers: Containers;
  /** Throws unless the account answers and is as containers.ts has it: see check-cosmos.ts. */
  check(signal: AbortSignal): Promise<void>;
  close(): void;
}

export function connectCosmos(config: Config["cosmos"], credential: () => TokenCredential): Cosmos {
  const client = new CosmosClient({
    endpoint: config.endpoint,
    ...(config.key === undefined ? { aadCredentials: credential() } : { key: config.key }),
    // Without it the SDK sends no session token, whatever the account's default is: docs/adr/0030.
    consistencyLevel: ConsistencyLevel.Session,
    httpClient: createHttpClient(),
    connectionPolicy: {
      requestTimeout: 10_000,
      // An operation refused for longer than this is put back into the queue, where it holds nobody up.
      retryOptions: { maxRetryAttemptCount: 3, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 3 },
    },
  });
  const database = client.database(databaseName);
  const entries = Object.values(containers).map(({ id }) => [id, database.container(id)]);
  const handles = Object.fromEntries(entries) as Containers;
  return {
    containers: handles,
    check: createCosmosCheck(client, handles),
    close: () => client.dispose(),
  };
}

/**
 * `doubted`: 400. Most of these are mistakes of set-up, of which the document knows nothing. So it settles nothing
 * until it is confirmed (confirm-refusals.ts).
 */
export type WriteAnswer = WriteResult | { readonly status: "doubted"; readonly reason: string };

/** The store's answer about one document, from the status of its write. */
export function writeAnswerOf(status: number, retryAfterMs: number | undefined, reason: string): WriteAnswer {
  if (status >= 200 && status < 300) return { status: "written" };
  if (status === 409 || status === 412) return { status: "conflict" };
  if (status === 400) return { status: "doubted", reason: `${status}: ${reason}`.slice(0, 500) };
  if (status === 413) {
    reached("document-too-large");
    return { status: "refused", reason: `${status}: ${reason}`.slice(0, 500) };
  }
  reached("write-unavailable");
  return { status: "unavailable", retryAfterMs: retryAfterMs ?? 0, reason: `${status}: ${reason}`.slice(0, 300) };
}

export function writeAnswerOfError(error: unknown): WriteAnswer {
  if (!(error instanceof ErrorResponse) || typeof error.code !== "number") {
    rethrowDefect(error);
    reached("write-unanswered");
    return { status: "unavailable", retryAfterMs: 0, reason: String(error).slice(0, 300), isSilence: true };
  }
  return writeAnswerOf(error.code, error.retryAfterInMs, error.body?.message ?? error.message);
}

/** Whether a document that was to be changed is not there any more. */
export function isGone(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === 404;
}

/** For a write of which a 400 is not confirmed: it is waited out. */
export function writeResultOfError(error: unknown): WriteResult {
  const answer = writeAnswerOfError(error);
  return answer.status === "doubted" ? { ...answer, status: "unavailable", retryAfterMs: 0 } : answer;
}

/**
 * How long an operation, all its pages and the SDK's retries included, is waited for. Without this, a read from an
 * account that hangs would take 20 minutes: the SDK tries it 120 times.
 */
const DEADLINE_MS = 20_000;

/** Runs an operation within its deadline, and that of the work that it is part of. */
export function inTime<T>(work: (abortSignal: AbortSignal) => Promise<T>, whole: Deadline = noDeadline): Promise<T> {
  return withDeadline(Math.min(DEADLINE_MS, whole.leftMs()), work);
}

/** Runs a read within the deadline; a failure is an outside fault, reported as `store_unavailable`. */
export async function reading<T>(work: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
  try {
    return await inTime(work);
  } catch (error) {
    rethrowDefect(error);
    const retryAfterMs = error instanceof ErrorResponse ? (error.retryAfterInMs ?? 0) : 0;
    throw new AppError("store_unavailable", "Cosmos DB does not answer", {
      cause: error,
      retryAfter: Math.max(1, Math.ceil(retryAfterMs / 1000)),
    });
  }
}

/**
 * A TypeError is a defect of ours, and not an outage: waiting would never end. But `fetch` also throws one when nobody
 * answered, with the reason as its cause.
 */
function rethrowDefect(error: unknown): void {
  if (error instanceof TypeError && !(error.cause instanceof Error)) throw error;
}

/**
 * A point read; undefined when there is no such document. Throws AppError `store_unavailable`. A 404 with a substatus
 * says nothing about the document: 1002 that no replica has what the session has seen, 1003 that the container or
 * database is missing.
 */
export async function readDocument<T extends ItemDefinition>(
  container: Container,
  id: string,
  key: PartitionKey,
): Promise<T | undefined> {
  const found = await readChanged<T>(container, id, key);
  return found === "unchanged" ? undefined : found;
}

/** The same, unless its ETag is still this one. */
export function readChanged<T extends ItemDefinition>(
  container: Container,
  id: string,
  key: PartitionKey,
  etag = "",
): Promise<T | "unchanged" | undefined> {
  const accessCondition = { type: "IfNoneMatch", condition: etag };
  return reading(async (abortSignal) => {
    const options = { abortSignal, ...(etag === "" ? undefined : { accessCondition }) };
    const { resource, statusCode, substatus } = await container.item(id, key).read<T>(options);
    if (statusCode === 404 && substatus) {
      reached("not-found-says-nothing");
      throw new Error(`container ${container.id} answers 404, ${substatus}`);
    }
    return statusCode === 304 ? "unchanged" : resource;
  });
}

export function sql(query: string, values: Readonly<Record<string, string | number | boolean>>): SqlQuerySpec {
  const parameters = Object.entries(values).map(([name, value]): SqlParameter => ({ name: `@${name}`, value }));
  return { query, parameters };
}

/**
 * Not -1: with it the SDK (4.10) loops without end on every query whose ranges it merges (ORDER BY, GROUP BY, COUNT,
 * DISTINCT).
 */
const PAGE_ITEMS = 1_000;

/** All rows of a query. Throws AppError `store_unavailable`. */
export function queryAll<T>(container: Container, query: SqlQuerySpec, options: FeedOptions = {}): Promise<T[]> {
  return reading(async (abortSignal) => {
    const iterator = container.items.query<T>(query, { maxItemCount: PAGE_ITEMS, ...options, abortSignal });
    return (await iterator.fetchAll()).resources;
  });
}

/** The same, page by page, each within the deadline. */
export async function eachPage<T>(
  container: Container,
  query: SqlQuerySpec,
  take: (rows: readonly T[]) => void,
  options: FeedOptions = {},
): Promise<void> {
  for await (const rows of pagesOf<T>(container, query, options)) take(rows);
}

/** The same, for work that takes its time between two pages: the next one is read when it is asked for. */
export async function* pagesOf<T>(
  container: Container,
  query: SqlQuerySpec,
  options: FeedOptions = {},
): AsyncGenerator<readonly T[]> {
  const ended = new AbortController();
  const given = { maxItemCount: PAGE_ITEMS, ...options, abortSignal: ended.signal };
  const iterator = container.items.query<T>(query, given);
  while (iterator.hasMoreResults()) {
    const { resources } = await reading(async (signal) => {
      signal.addEventListener("abort", () => ended.abort());
      return iterator.fetchNext();
    });
    yield resources ?? [];
  }
}

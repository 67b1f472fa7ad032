import { badRequest, CosmosError } from "../errors.ts";
import { isArray, isObject, type Json, type JsonObject, type Value } from "../json.ts";
import { equalPartitionKeys, type PartitionKeyValue, parsePartitionKeyHeader } from "../partition/definition.ts";
import type { PartitionRange } from "../partition/ranges.ts";
import type { OpenContainer } from "../store/catalog.ts";
import type { Store } from "../store/database.ts";
import { MAX_DOCUMENT_BYTES } from "./check-document.ts";
import type { ExecuteOperation, Operation, OperationType } from "./operations.ts";

const MAX_OPERATIONS = 100;

export interface BatchDeps {
  readonly store: Store;
  readonly execute: ExecuteOperation;
}

export interface BatchRequest {
  readonly open: OpenContainer;
  readonly body: Json;
  readonly bytes: number;
  /** Leave documents out of the answer. */
  readonly minimal: boolean;
}

/** The result of one operation: {@link statusCode} and its document as JSON. */
interface Outcome {
  readonly statusCode: number;
  readonly requestCharge: number;
  readonly eTag?: string;
  readonly body?: string;
  readonly subStatusCode?: number;
  readonly message?: string;
  readonly retryAfterMilliseconds?: number;
}

export interface BatchAnswer {
  readonly status: 200 | 207;
  /** JSON: one entry for each operation, in order. */
  readonly body: string;
  readonly charge: number;
}

const FAILED_DEPENDENCY: Outcome = { statusCode: 424, requestCharge: 0 };

/** All or nothing, within one partition key. @throws {CosmosError} 400 or 413 for the request as a whole */
export function executeBatch(
  { store, execute }: BatchDeps,
  request: BatchRequest,
  partition: readonly PartitionKeyValue[],
): BatchAnswer {
  const operations = readOperations(request);
  const outcomes: Outcome[] = [];
  try {
    store.transact(() => {
      for (const operation of operations) {
        const own = readPartition(request.open, operation);
        if (own && !equalPartitionKeys(own, partition))
          throw new BatchFailure(badRequest("A batch stays within one partition key.", 1001));
        const outcome = tryOperation(execute, request, operation, partition);
        if (outcome instanceof CosmosError) throw new BatchFailure(outcome);
        outcomes.push(outcome);
      }
    });
  } catch (failure) {
    if (!(failure instanceof BatchFailure)) throw failure;
    const at = outcomes.length;
    return describeOutcomes(
      operations.map((_, index) => (index === at ? describeFailure(failure.reason) : FAILED_DEPENDENCY)),
    );
  }
  return describeOutcomes(outcomes);
}

/** Undoes the transaction and says why. */
class BatchFailure extends Error {
  readonly reason: CosmosError;
  constructor(reason: CosmosError) {
    super(reason.message);
    this.reason = reason;
  }
}

/** Each on its own, in one transaction for speed. @throws {CosmosError} 400, 410 or 413 for the request as a whole */
export function executeBulk(
  { store, execute }: BatchDeps,
  request: BatchRequest,
  range: PartitionRange,
  continueOnError: boolean,
): BatchAnswer {
  const operations = readOperations(request);
  const outcomes: Outcome[] = [];
  store.transact(() => {
    let stopped = false;
    for (const operation of operations) {
      const outcome: Outcome = stopped ? FAILED_DEPENDENCY : tryBulkOperation(execute, request, operation, range);
      outcomes.push(outcome);
      stopped ||= outcome.statusCode >= 400 && !continueOnError;
    }
  });
  return describeOutcomes(outcomes);
}

function tryBulkOperation(
  execute: ExecuteOperation,
  request: BatchRequest,
  operation: JsonObject,
  range: PartitionRange,
): Outcome {
  try {
    const partition = readPartition(request.open, operation);
    if (!partition) throw badRequest("An operation of a bulk request has its own partition key.");
    const position = request.open.container.locate(partition);
    if (position < range.low || position >= range.high) {
      throw new CosmosError(410, `The partition key does not belong to the range '${range.id}'.`, 1002);
    }
    const outcome = tryOperation(execute, request, operation, partition);
    return outcome instanceof CosmosError ? describeFailure(outcome) : outcome;
  } catch (error) {
    if (error instanceof CosmosError) return describeFailure(error);
    throw error;
  }
}

function readOperations({ body, bytes }: BatchRequest): readonly JsonObject[] {
  if (bytes > MAX_DOCUMENT_BYTES) throw new CosmosError(413, "Request size is too large: a batch holds at most 2 MB.");
  if (!isArray(body) || !body.every(isObject)) throw badRequest("A batch is a list of operations.");
  if (body.length === 0 || body.length > MAX_OPERATIONS) {
    throw badRequest(`A batch has 1 to ${MAX_OPERATIONS} operations, not ${body.length}.`);
  }
  return body;
}

function readPartition({ container }: OpenContainer, { partitionKey }: Readonly<Record<string, Value>>) {
  if (partitionKey === undefined) return undefined;
  const text = typeof partitionKey === "string" ? partitionKey : JSON.stringify(partitionKey);
  return parsePartitionKeyHeader(container.partitionKey, text);
}

function tryOperation(
  execute: ExecuteOperation,
  request: BatchRequest,
  operation: JsonObject,
  partition: readonly PartitionKeyValue[],
): Outcome | CosmosError {
  const { operationType, id, resourceBody, ifMatch, ifNoneMatch } = operation as Readonly<Record<string, Value>>;
  const wanted: Operation = {
    type: String(operationType) as OperationType,
    partition,
    ...(typeof id === "string" ? { id } : {}),
    ...(resourceBody === undefined ? {} : { body: resourceBody }),
    ...(typeof ifMatch === "string" ? { ifMatch } : {}),
    ...(typeof ifNoneMatch === "string" ? { ifNoneMatch } : {}),
  };
  try {
    const { status, charge, etag, body } = execute(request.open, wanted);
    return {
      statusCode: status,
      requestCharge: charge,
      ...(etag === undefined ? {} : { eTag: etag }),
      ...(body === undefined || (request.minimal && wanted.type !== "Read") ? {} : { body }),
    };
  } catch (error) {
    if (error instanceof CosmosError) return error;
    throw error;
  }
}

function describeFailure(error: CosmosError): Outcome {
  return {
    statusCode: error.status,
    requestCharge: 1,
    message: error.message,
    ...(error.substatus === 0 ? {} : { subStatusCode: error.substatus }),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMilliseconds: error.retryAfterMs }),
  };
}

function describeOutcomes(outcomes: readonly Outcome[]): BatchAnswer {
  const entries = outcomes.map(({ body, ...outcome }) => {
    const text = JSON.stringify(outcome);
    return body === undefined ? text : `${text.slice(0, -1)},"resourceBody":${body}}`;
  });
  const charge = outcomes.reduce((sum, outcome) => sum + outcome.requestCharge, 0);
  const failed = outcomes.some((outcome) => outcome.statusCode >= 400);
  return { status: failed ? 207 : 200, body: `[${entries.join(",")}]`, charge: Math.round(charge * 100) / 100 };
}

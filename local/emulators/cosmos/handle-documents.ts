import { PLAN_CHARGE } from "./charge.ts";
import { type BatchRequest, executeBatch, executeBulk } from "./documents/batch.ts";
import { createOperations, type OperationType } from "./documents/operations.ts";
import { badRequest, CosmosError } from "./errors.ts";
import { nameOperation } from "./gate.ts";
import { isArray, isObject, type Json, parseJson, type Value } from "./json.ts";
import { type PartitionKeyValue, parsePartitionKeyHeader } from "./partition/definition.ts";
import type { PartitionRange } from "./partition/ranges.ts";
import { needsMerge, planQuery } from "./query/plan.ts";
import { runQuery } from "./query/run-query.ts";
import type { CosmosRequest } from "./request.ts";
import type { Answer } from "./responses.ts";
import { compileQuery } from "./sql/compile.ts";
import { createFunctions } from "./sql/functions.ts";
import { parseQuery } from "./sql/parse.ts";
import type { OpenContainer } from "./store/catalog.ts";
import type { Store } from "./store/database.ts";

const DEFAULT_PAGE = 100;
const MAX_PAGE = 10_000;

export interface DocumentHandlerDeps {
  readonly store: Store;
  /** Milliseconds since 1970. */
  now(): number;
}

export type HandleDocuments = (request: CosmosRequest, open: OpenContainer) => Promise<Answer>;

/** Everything below `/docs`. */
export function createDocumentHandler({ store, now }: DocumentHandlerDeps): HandleDocuments {
  const functions = createFunctions(now);
  const execute = createOperations({
    now,
    matches(condition, document) {
      let matched = false;
      compileQuery(condition, functions).expand({ slots: [document], totals: [] }, () => {
        matched = true;
        return false;
      });
      return matched;
    },
  });

  function handleOperation(type: OperationType, request: CosmosRequest, open: OpenContainer): Answer {
    const header = request.headers["x-ms-documentdb-partitionkey"];
    if (header === undefined) throw badRequest("PartitionKey value must be supplied for this operation.");
    const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = request.headers;
    const result = execute(open, {
      type,
      partition: parsePartitionKeyHeader(open.container.partitionKey, header),
      ...(request.route.item === undefined ? {} : { id: request.route.item }),
      ...(request.body === "" ? {} : { body: parseJson(request.body, "body") }),
      ...(ifMatch === undefined ? {} : { ifMatch }),
      ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
    });
    const { status, charge, etag, body } = result;
    return { status, charge, ...(body === undefined ? {} : { body }), headers: etag === undefined ? {} : { etag } };
  }

  async function handleQuery(
    text: string,
    parameters: ReadonlyMap<string, Value>,
    request: CosmosRequest,
    open: OpenContainer,
  ): Promise<Answer> {
    const { container } = open;
    const query = parseQuery(text, parameters);
    const compiled = compileQuery(query, functions);
    const scope = readScope(request, open);
    if (!scope.partition && !scope.range && container.ranges.length > 1 && needsMerge(query)) {
      throw badRequest("Cross partition query only supports 'VALUE <AggregateFunc>' for aggregates.", 1004);
    }
    const page = await runQuery(open.store, {
      open,
      compiled,
      now: Math.floor(now() / 1000),
      maxItems: readPageSize(request),
      continuation: request.headers["x-ms-continuation"],
      ...scope,
    });
    const count = page.items.length;
    return {
      status: 200,
      charge: page.charge,
      body: `{"_rid":"${container.rid}","Documents":[${page.items.join(",")}],"_count":${count}}`,
      headers: {
        "x-ms-item-count": String(count),
        ...(page.continuation === undefined ? {} : { "x-ms-continuation": page.continuation }),
      },
    };
  }

  function handlePlan(request: CosmosRequest, { container }: OpenContainer): Answer {
    const { text, parameters } = readQuery(request.body);
    const query = parseQuery(text, parameters);
    compileQuery(query, functions);
    return { status: 200, charge: PLAN_CHARGE, body: JSON.stringify(planQuery(text, query, container)) };
  }

  function handleMany(kind: string, request: CosmosRequest, open: OpenContainer): Answer {
    const batch: BatchRequest = {
      open,
      body: parseJson(request.body, "batch"),
      bytes: Buffer.byteLength(request.body),
      minimal: request.headers.prefer?.includes("return=minimal") === true,
    };
    const { partition, range } = readScope(request, open);
    if (kind === "batch") {
      if (!partition) throw badRequest("A batch needs a partition key.");
      return executeBatch({ store, execute }, batch, partition);
    }
    if (!range) throw badRequest("A bulk request names its partition key range.");
    const continueOnError = request.headers["x-ms-cosmos-batch-continue-on-error"]?.toLowerCase() === "true";
    return executeBulk({ store, execute }, batch, range, continueOnError);
  }

  return async (request, open) => {
    const operation = nameOperation(request);
    if (!request.route.isFeed) {
      const types: Readonly<Record<string, OperationType>> = {
        read: "Read",
        replace: "Replace",
        patch: "Patch",
        delete: "Delete",
      };
      const type = types[operation];
      if (!type) throw new CosmosError(405, `${request.method} is not an operation on a document.`);
      return handleOperation(type, request, open);
    }
    switch (operation) {
      case "plan":
        return handlePlan(request, open);
      case "query": {
        const { text, parameters } = readQuery(request.body);
        return handleQuery(text, parameters, request, open);
      }
      case "batch":
      case "bulk":
        return handleMany(operation, request, open);
      case "list":
        if (request.headers["a-im"] !== undefined)
          throw new CosmosError(501, "The change feed is not supported by this emulator of Cosmos DB.");
        return handleQuery("SELECT * FROM c", new Map(), request, open);
      case "create":
      case "upsert":
        return handleOperation(operation === "create" ? "Create" : "Upsert", request, open);
      default:
        throw new CosmosError(405, `${request.method} is not an operation on documents.`);
    }
  };
}

function readQuery(body: string): { readonly text: string; readonly parameters: ReadonlyMap<string, Value> } {
  const parsed: Json = parseJson(body, "query");
  const text = isObject(parsed) ? parsed.query : undefined;
  if (!isObject(parsed) || typeof text !== "string") throw badRequest("The query has no text.");
  const list = isArray(parsed.parameters) ? parsed.parameters : [];
  return { text, parameters: new Map(list.filter(isObject).map((item) => [String(item.name), item.value])) };
}

/** What a request is about: a partition key, a partition key range, or, with neither, the whole container. */
export function readScope(
  { headers }: CosmosRequest,
  { container }: OpenContainer,
): { readonly partition?: readonly PartitionKeyValue[]; readonly range?: PartitionRange } {
  const header = headers["x-ms-documentdb-partitionkey"];
  const rangeId = headers["x-ms-documentdb-partitionkeyrangeid"];
  const range = container.ranges.find((candidate) => candidate.id === rangeId);
  if (rangeId !== undefined && !range)
    throw new CosmosError(410, `The partition key range '${rangeId}' is gone.`, 1002);
  return {
    ...(header === undefined ? {} : { partition: parsePartitionKeyHeader(container.partitionKey, header) }),
    ...(range === undefined ? {} : { range }),
  };
}

function readPageSize({ headers }: CosmosRequest): number {
  const given = Number(headers["x-ms-max-item-count"] ?? DEFAULT_PAGE);
  if (given === -1) return MAX_PAGE;
  if (!Number.isInteger(given) || given < 1) throw badRequest("The page size is a positive integer, or -1.");
  return Math.min(given, MAX_PAGE);
}

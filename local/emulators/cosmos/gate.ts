import type { Gate } from "../kit/gate.ts";
import type { CosmosRequest, CosmosResponse } from "./request.ts";

export type CosmosGate = Gate<CosmosRequest, CosmosResponse>;

/** One request, after it was answered. */
export interface RequestRecord {
  readonly method: string;
  readonly resourceType: string;
  /** `create`, `query`, `plan`, `batch`, `bulk`, `read`, … */
  readonly operation: string;
  readonly database?: string;
  readonly container?: string;
  /** JSON, as sent. */
  readonly partitionKey?: string;
  readonly item?: string;
  /** A query, as sent. */
  readonly query?: string;
  readonly status: number;
  /** Request units. */
  readonly charge: number;
}

/** Told of a request after it was answered and before the answer goes out. */
export type OnRequest = (record: RequestRecord, request: CosmosRequest, response: CosmosResponse) => void;

/** A gate that reports every request which passes it, also one whose answer is then lost. */
export function watchRequests(onRequest: OnRequest, gate: CosmosGate = {}): CosmosGate {
  return {
    ...gate,
    leave: async (request, response) => {
      onRequest(recordRequest(request, response), request, response);
      return (await gate.leave?.(request, response)) ?? response;
    },
  };
}

function recordRequest(request: CosmosRequest, response: CosmosResponse): RequestRecord {
  const { route } = request;
  const partitionKey = request.headers["x-ms-documentdb-partitionkey"];
  return {
    method: request.method,
    resourceType: route.resourceType,
    operation: nameOperation(request),
    status: response.status,
    charge: Number(response.headers["x-ms-request-charge"] ?? 0),
    ...(route.database === undefined ? {} : { database: route.database }),
    ...(route.container === undefined ? {} : { container: route.container }),
    ...(partitionKey === undefined ? {} : { partitionKey }),
    ...(route.item === undefined ? {} : { item: route.item }),
    ...(request.headers["content-type"]?.startsWith("application/query+json") ? { query: request.body } : {}),
  };
}

const isTrue = (value: string | undefined): boolean => value?.toLowerCase() === "true";

/** The operation that a request asks for; a POST says so in headers, in this order of precedence. */
export function nameOperation({ method, headers, route }: CosmosRequest): string {
  if (method === "GET") return route.isFeed ? "list" : "read";
  if (method === "PUT") return "replace";
  if (method === "PATCH") return "patch";
  if (method === "DELETE") return "delete";
  if (isTrue(headers["x-ms-cosmos-is-query-plan-request"])) return "plan";
  if (isTrue(headers["x-ms-documentdb-isquery"]) || headers["content-type"]?.startsWith("application/query+json"))
    return "query";
  if (isTrue(headers["x-ms-cosmos-is-batch-request"]))
    return isTrue(headers["x-ms-cosmos-batch-atomic"]) ? "batch" : "bulk";
  return isTrue(headers["x-ms-documentdb-is-upsert"]) ? "upsert" : "create";
}

import type { CosmosRequest, CosmosResponse, Route } from "./request.ts";

/**
 * The one place that every request passes, twice. Faults are injected here: an answer instead of the work, a delay before it,
 * or an answer that is lost after the work was committed.
 */
export interface Gate {
  /** Before anything is done; an answer given here is the answer, and nothing is done. */
  enter?(request: CosmosRequest, route: Route): Promise<CosmosResponse | undefined>;
  /** After everything is committed; `lost` closes the connection without an answer. */
  leave?(request: CosmosRequest, route: Route, response: CosmosResponse): Promise<CosmosResponse | "lost">;
}

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
  /** Every `org_id` in what was sent and answered: whose documents the request was about. */
  readonly orgs: readonly string[];
  readonly status: number;
  /** Request units. */
  readonly charge: number;
}

export function recordRequest(request: CosmosRequest, route: Route, response: CosmosResponse): RequestRecord {
  const partitionKey = request.headers["x-ms-documentdb-partitionkey"];
  return {
    method: request.method,
    resourceType: route.resourceType,
    operation: nameOperation(request, route),
    status: response.status,
    charge: Number(response.headers["x-ms-request-charge"] ?? 0),
    ...(route.database === undefined ? {} : { database: route.database }),
    ...(route.container === undefined ? {} : { container: route.container }),
    ...(partitionKey === undefined ? {} : { partitionKey }),
    ...(route.item === undefined ? {} : { item: route.item }),
    ...(request.headers["content-type"]?.startsWith("application/query+json") ? { query: request.body } : {}),
    orgs: [...new Set([...findOrgs(request.body), ...findOrgs(response.body)])],
  };
}

/** In documents, lists of them, and the operations and results of a batch. */
function findOrgs(body: string): string[] {
  return Array.from(body.matchAll(/"org_id":"([^"]*)"/g), ([, org = ""]) => org);
}

const isTrue = (value: string | undefined): boolean => value?.toLowerCase() === "true";

/** What a request wants of its resource; a POST says so in headers, in this order of precedence. */
export function nameOperation({ method, headers }: CosmosRequest, route: Route): string {
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

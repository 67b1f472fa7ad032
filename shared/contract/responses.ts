import { type ErrorCode, errorTable } from "../errors.ts";
import { type Deprecation, deprecationFields } from "../http/deprecations.ts";
import type { Route } from "../http/routes.ts";
import { type Json, type Named, toJsonSchema, withRequestId } from "./json-schema.ts";
import type { Operation, Reply } from "./operation.ts";
import { codesOf, oauthErrorOf, problemOf } from "./problems.ts";

const ref = (header: string) => ({ $ref: `#/components/headers/${header}` });
const always = {
  "x-request-id": ref("RequestId"),
  RateLimit: ref("RateLimit"),
  "RateLimit-Policy": ref("RateLimitPolicy"),
};

const oneALine = { type: "string", description: "One a line" };

/** Of a route that is to go, as each of its answers has them. */
function deprecationHeaders(deprecation: Deprecation): Json {
  const about = { deprecation: "RFC 9745", sunset: "RFC 8594", link: "How to move, and where to (RFC 8288)" };
  const fields = Object.entries(deprecationFields(deprecation, { params: {} }));
  const described = fields.map(([name, example]) => [
    name,
    { description: about[name as keyof typeof about], required: true, schema: { type: "string" }, example },
  ]);
  return Object.fromEntries(described) as Json;
}

export const headers = {
  RequestId: { description: "What to report; `request_id` of the body too", schema: { type: "string" } },
  RateLimit: {
    description: "Reserved; not sent yet (draft-ietf-httpapi-ratelimit-headers)",
    schema: { type: "string" },
  },
  RateLimitPolicy: { description: "Reserved; not sent yet", schema: { type: "string" } },
  RetryAfter: { description: "Whole seconds, where they are known", schema: { type: "integer", minimum: 0 } },
  NextPage: { description: '`<…>; rel="next"`, where there is another page (RFC 8288)', schema: { type: "string" } },
  Challenge: { description: "RFC 6750", schema: { type: "string" } },
};

/** What several operations point to. */
export interface Components {
  readonly schemas: Named;
  /** Problems of a status, by their codes. */
  readonly responses: Map<string, { readonly name: string; readonly response: Json }>;
}

/** The responses of an operation by status: what its replies say, and the problems that its route can have. */
export function responsesOf(
  route: Route,
  operation: Operation,
  components: Components,
  deprecation?: Deprecation,
): Json {
  const responses: Record<string, Json> = {};
  const codes = [...codesOf(route, operation), ...(deprecation?.sunset ? (["version_gone"] as const) : [])];
  for (const [status, reply] of Object.entries(operation.replies))
    responses[status] = toResponse(reply, components.schemas);
  for (const [status, ofStatus] of byStatus(codes, route.errors)) {
    const problem = toProblemResponse(ofStatus, route.errors, components.schemas);
    const before = responses[status] as { content?: Json } | undefined;
    if (before) responses[status] = { ...before, content: { ...before.content, ...problem.content } };
    else if (deprecation) responses[status] = problem;
    else
      responses[status] = share(`${status} ${route.errors ?? ""} ${ofStatus.join(" ")}`, status, problem, components);
  }
  return deprecation ? withHeaders(responses, deprecationHeaders(deprecation)) : responses;
}

function withHeaders(responses: Readonly<Record<string, Json>>, more: Json): Json {
  const all = Object.entries(responses);
  return Object.fromEntries(
    all.map(([status, response]) => [status, { ...response, headers: { ...(response.headers as Json), ...more } }]),
  );
}

/** Most routes have the same problems: the document has them once. */
function share(key: string, status: number, response: Json, { responses }: Components): Json {
  const earlier = [...responses.values()].filter(({ name }) => name.startsWith(`${status}.`)).length;
  const found = responses.get(key) ?? { name: `${status}.${earlier + 1}`, response };
  responses.set(key, found);
  return { $ref: `#/components/responses/${found.name}` };
}

function toResponse({ says, schema, example, as, lines, pages }: Reply, named: Named): Json {
  if (!schema) return { description: says, headers: always };
  const json = toJsonSchema(schema, "output", named);
  const body = as ? json : withRequestId(json);
  const shown = example && !as ? { request_id: "01a2f3c4-5d6e-7f80-9a1b-2c3d4e5f6071", ...example } : example;
  const content = {
    [as ?? "application/json"]: { schema: body, ...(shown ? { example: shown } : {}) },
    ...(lines === undefined ? {} : { "application/x-ndjson": { schema: oneALine, example: lines } }),
  };
  return { description: says, headers: pages ? { ...always, link: ref("NextPage") } : always, content };
}

/** RFC 6749 has 400 for all of its errors but `invalid_client`. What came past Front Door never reached it. */
function statusOf(code: ErrorCode, errors: Route["errors"]): number {
  const [status] = errorTable[code];
  return errors === "oauth" && status === 403 && code !== "not_through_front_door" ? 400 : status;
}

function byStatus(codes: readonly ErrorCode[], errors: Route["errors"]): Map<number, ErrorCode[]> {
  return Map.groupBy(codes, (code) => statusOf(code, errors));
}

function toProblemResponse(codes: readonly ErrorCode[], errors: Route["errors"], named: Named) {
  const statuses = codes.map((code) => statusOf(code, errors));
  const own = {
    ...(statuses.some((status) => status === 401 || status === 403) ? { "www-authenticate": ref("Challenge") } : {}),
    ...(statuses.includes(503) ? { "retry-after": ref("RetryAfter") } : {}),
  };
  const content = contentOf(codes, errors, named);
  return { description: codes.map((code) => errorTable[code][1]).join(" · "), headers: { ...always, ...own }, content };
}

function contentOf(codes: readonly ErrorCode[], errors: Route["errors"], named: Named): Json {
  if (errors === "page") return { "text/html": { schema: { type: "string" } } };
  if (errors === "oauth") return { "application/json": { schema: toJsonSchema(oauthErrorOf(codes), "output", named) } };
  const refs = codes.map((code) => nameProblem(code, named));
  const [only] = refs;
  const schema = refs.length === 1 ? only : { oneOf: refs };
  return { "application/problem+json": { schema } };
}

function nameProblem(code: ErrorCode, named: Named): Json {
  const name = `problem.${code}`;
  if (!named.has(name)) named.set(name, toJsonSchema(problemOf(code), "output", named));
  return { $ref: `#/components/schemas/${name}` };
}

import { type ErrorCode, errorTable } from "../errors.ts";
import type { Deprecation } from "../http/deprecations.ts";
import type { Route } from "../http/routes.ts";
import { describeDeprecation, describeHeaders, type HeaderName, nextPage } from "./headers.ts";
import { type Json, type Named, toJsonSchema, withRequestId } from "./json-schema.ts";
import type { Operation, Reply } from "./operation.ts";
import { codesOf, oauthErrorOf, problemOf } from "./problems.ts";

const oneALine = { type: "string", description: "One a line" };

/** What a page of another site gets, with which it may read the answer. */
const ofPages = ["access-control-allow-origin", "access-control-expose-headers"] as const;

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
  const own = [...(route.cors ? ofPages : []), ...(operation.answerHeaders ?? [])];
  for (const [status, reply] of Object.entries(operation.replies))
    responses[status] = toResponse(reply, own, components.schemas);
  for (const [status, ofStatus] of byStatus(codes, route.errors)) {
    const problem = toProblemResponse(ofStatus, route.errors, own, components.schemas);
    const before = responses[status] as { content?: Json } | undefined;
    if (before) responses[status] = { ...before, content: { ...before.content, ...problem.content } };
    else if (deprecation) responses[status] = problem;
    else responses[status] = share(status, problem, components);
  }
  return deprecation ? withHeaders(responses, describeDeprecation(deprecation)) : responses;
}

function withHeaders(responses: Readonly<Record<string, Json>>, more: Json): Json {
  const all = Object.entries(responses);
  return Object.fromEntries(
    all.map(([status, response]) => [status, { ...response, headers: { ...(response.headers as Json), ...more } }]),
  );
}

/** Most routes have the same problems: the document has them once. */
function share(status: number, response: Json, { responses }: Components): Json {
  const key = `${status} ${JSON.stringify(response)}`;
  const earlier = [...responses.values()].filter(({ name }) => name.startsWith(`${status}.`)).length;
  const found = responses.get(key) ?? { name: `${status}.${earlier + 1}`, response };
  responses.set(key, found);
  return { $ref: `#/components/responses/${found.name}` };
}

function toResponse(
  { says, schema, example, as, lines, bytes, pages, headers = [] }: Reply,
  own: readonly HeaderName[],
  named: Named,
): Json {
  const described = { ...describeHeaders([...own, ...headers]), ...(pages ? { link: nextPage } : {}) };
  if (!schema) return { description: says, headers: described };
  const json = toJsonSchema(schema, "output", named);
  const body = as ? json : withRequestId(json);
  const shown = example && !as ? { request_id: "01a2f3c4-5d6e-7f80-9a1b-2c3d4e5f6071", ...example } : example;
  const content = {
    [as ?? "application/json"]: { schema: body, ...(shown ? { example: shown } : {}) },
    ...(lines === undefined ? {} : { "application/x-ndjson": { schema: oneALine, example: lines } }),
    ...(bytes === undefined ? {} : { [bytes]: { schema: { description: "Bytes" } } }),
  };
  return { description: says, headers: described, content };
}

/** RFC 6749 has 400 for all of its errors but `invalid_client`. What came past Front Door never reached it. */
function statusOf(code: ErrorCode, errors: Route["errors"]): number {
  const [status] = errorTable[code];
  return errors === "oauth" && status === 403 && code !== "not_through_front_door" ? 400 : status;
}

function byStatus(codes: readonly ErrorCode[], errors: Route["errors"]): Map<number, ErrorCode[]> {
  return Map.groupBy(codes, (code) => statusOf(code, errors));
}

function toProblemResponse(
  codes: readonly ErrorCode[],
  errors: Route["errors"],
  own: readonly HeaderName[],
  named: Named,
) {
  const statuses = codes.map((code) => statusOf(code, errors));
  const headers = describeHeaders([
    ...own,
    ...(statuses.some((status) => status === 401 || status === 403) ? (["www-authenticate"] as const) : []),
    ...(statuses.includes(503) ? (["retry-after"] as const) : []),
  ]);
  const content = contentOf(codes, errors, named);
  return { description: codes.map((code) => errorTable[code][1]).join(" · "), headers, content };
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

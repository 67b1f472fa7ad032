import type { Limits } from "../config.ts";
import type { Deprecations } from "../http/deprecations.ts";
import { isSeveral } from "../http/parameters.ts";
import { type Route, type RouteName, routeNames, routes } from "../http/routes.ts";
import { headers } from "./headers.ts";
import { type Json, toJsonSchema } from "./json-schema.ts";
import type { Body, Operation } from "./operation.ts";
import { operationsOf } from "./operations.ts";
import { type Components, responsesOf } from "./responses.ts";
import { securityOf, securitySchemes } from "./security.ts";

export interface ContractOptions {
  readonly limits: Limits;
  /** Of the product. */
  readonly version: string;
  /** Default: no route is to go. */
  readonly deprecations?: Deprecations;
}

const tags = {
  events: "Sending events and reading them back.",
  schemas: "What events of a type have to be, version by version.",
  dialects: "What SDKs of others send and ask.",
  access: "API keys and access tokens.",
  people: "Signing in, members, sessions and the audit trail.",
  operator: "What the operator of a deployment does.",
  service: "The service itself.",
};

const about = `Takes events, accounts for each of them, and stores each of them once.

Within v1 there are only additions: an answer may get more members, and a request more that are optional. A client
passes over what it does not know. Every GET answers HEAD too, but for pages. Errors are RFC 9457 problem documents with
a stable \`code\`; an unknown path is a 404 \`path_not_found\`, and another method of a path a 405
\`method_not_allowed\` with \`Allow\`. After 408, 429 and any 5xx the same request is sent again; events that have an \`event_id\` are
stored once.`;

/** The OpenAPI 3.1 document of the API: from the table of routes, and the schemas that parse what is sent. */
export function makeContract({ limits, version, deprecations = {} }: ContractOptions): Json {
  const shared: Components = { schemas: new Map(), responses: new Map() };
  const operations = operationsOf(limits);
  const paths: Record<string, Json> = {};
  for (const name of routeNames) {
    const route: Route = routes[name];
    const operation = describeOperation(name, route, operations[name], { limits, deprecations }, shared);
    paths[`/${route.path}`] = { ...paths[`/${route.path}`], [route.method.toLowerCase()]: operation };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Headrace",
      version,
      description: about,
      license: { name: "Apache License 2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: Object.fromEntries([...shared.schemas].sort(([a], [b]) => (a < b ? -1 : 1))),
      responses: Object.fromEntries([...shared.responses.values()].map(({ name, response }) => [name, response])),
      headers,
      securitySchemes,
    },
  };
}

function describeOperation(
  name: RouteName,
  route: Route,
  operation: Operation,
  { limits, deprecations }: { readonly limits: Limits; readonly deprecations: Deprecations },
  shared: Components,
): Json {
  const { does, changes, access } = route;
  const deprecation = deprecations[name];
  return {
    operationId: name,
    summary: does.replace(/^./, (first) => first.toUpperCase()),
    tags: [operation.about],
    ...(deprecation ? { deprecated: true, "x-deprecation": deprecation } : {}),
    security: securityOf(name, route),
    ...(access === "anyone" ? {} : { "x-scope": access }),
    ...(changes ? { "x-outlives-token": true } : {}),
    ...(name === "ingest-events" ? { "x-limits": limits } : {}),
    ...some("parameters", [
      ...parametersInPath(route, operation),
      ...parametersInQuery(operation),
      ...parametersInHeader(operation),
    ]),
    ...(operation.body ? { requestBody: describeBody(operation.body, shared.schemas) } : {}),
    responses: responsesOf(route, operation, shared, deprecation),
  };
}

function some(name: string, list: readonly Json[]): Json {
  return list.length === 0 ? {} : { [name]: list };
}

function parametersInPath({ path }: Route, { example = {} }: Operation): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    ...{ name, in: "path", required: true, schema: { type: "string" } },
    example: String(example[name]),
  }));
}

function parametersInQuery({ query, example = {} }: Operation): Json[] {
  if (!query) return [];
  const { properties = {} } = toJsonSchema(query, "input", new Map()) as { properties?: Record<string, Json> };
  return Object.entries(properties).map(([name, schema]) => ({
    ...{ name, in: "query", schema },
    // Of two ways to write a list, the parameter given several times is the usual one.
    ...(schema.type === "array" && !isSeveral(query.shape[name]) ? { style: "form", explode: false } : {}),
    ...(name in example ? { example: example[name] } : {}),
  }));
}

function parametersInHeader({ headers, example = {} }: Operation): Json[] {
  if (!headers) return [];
  const { properties = {}, required = [] } = toJsonSchema(headers, "input", new Map()) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    ...{ name, in: "header", schema },
    ...(required.includes(name) ? { required: true } : {}),
    ...(name in example ? { example: example[name] } : {}),
  }));
}

function describeBody(
  { schema, example, types = ["application/json"], also = {}, optional }: Body,
  named: Components["schemas"],
): Json {
  const json = toJsonSchema(schema, "input", named);
  const lines = { schema: { type: "string", description: "One event a line" } };
  const content = types.map((type) => [type, type === "application/x-ndjson" ? lines : { schema: json, example }]);
  const others = Object.entries(also).map(([type, other]) => [
    type,
    { schema: toJsonSchema(other.schema, "input", named), example: other.example },
  ]);
  return { required: optional !== true, content: Object.fromEntries([...content, ...others]) };
}

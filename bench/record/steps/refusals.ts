import { type Route, routes } from "../../../shared/http/routes.ts";
import { isOperatorScope } from "../../../shared/identity/roles.ts";
import { bearer, type RequestStep } from "../step.ts";

/** The values in place of a path's parameters where nothing is looked up. */
const PARAMETER = "none";

const table = Object.entries<Route>(routes).map(([name, route]) => ({
  ...route,
  name,
  path: `/${route.path.replaceAll(/\{\w+\}/g, PARAMETER)}`,
}));

/** Each route that needs a scope, as it refuses a caller without any, or without that one. */
const credentials: readonly RequestStep[] = table
  .filter(({ access }) => access !== "anyone")
  .flatMap(({ name, method, path, access }) => {
    const lacking = isOperatorScope(access) ? "key" : access === "events:write" ? "reader" : "writer";
    const refused = {
      "without-credential": {},
      malformed: { authorization: "Bearer nothing" },
      foreign: bearer("foreign"),
      "wrong-scope": bearer(lacking),
    };
    return Object.entries(refused).map(([what, headers]) => ({ name: `${name}-${what}`, method, path, headers }));
  });

/** Each path, by methods that no route has, and by HEAD where a route has GET. */
const methods: readonly RequestStep[] = [...new Map(table.map((route) => [route.path, route])).values()].flatMap(
  ({ name, path }) =>
    ["HEAD", "OPTIONS", "PUT"].map((method) => ({
      name: `${name}-${method}`,
      method,
      path,
      unsized: name === "ready" && method === "HEAD",
    })),
);

const oddCredentials: readonly RequestStep[] = Object.entries({
  basic: "Basic YTpi",
  "lower-case": "bearer {{key}}",
  "no-scheme": "{{key}}",
  "two-in-one": "Bearer {{key}}, Bearer {{key}}",
  "trailing-space": "Bearer {{key}} ",
  "key-cut": "Bearer hr_recorded_000000000000_0",
  "operator-of-another": "Bearer hro_0000000000000000000000000000000000000000000",
  "token-of-another": "Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA",
  "token-without-signature": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.",
  operator: "Bearer {{operator}}",
}).map(([what, authorization]) => ({
  name: `credential-${what}`,
  method: "GET",
  path: "/api/v1/events?limit=1",
  headers: { authorization },
}));

const paths: readonly RequestStep[] = [
  "/",
  "/api",
  "/api/v1",
  "/api/v1/nothing",
  "/api/v2/events",
  "/API/V1/EVENTS",
  "/api/v1/events/",
  "/api/v1//events",
  "/api/v1/events/%2e%2e/keys",
  "/api/v1/events/a/b",
  "/api/v1/events/%zz",
  "/favicon.ico",
  "/admin/host/status",
].map((path) => ({ name: `path ${path}`, method: "GET", path }));

const twice: RequestStep = {
  name: "credential-header-twice",
  method: "GET",
  path: "/api/v1/events?limit=1",
  headers: { authorization: ["Bearer {{key}}", "Bearer {{key}}"] },
};

export const refusals: readonly RequestStep[] = [...credentials, ...methods, ...oddCredentials, twice, ...paths];

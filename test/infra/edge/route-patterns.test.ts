import { describe, expect, test } from "vitest";
import { ingestPaths, patternsOf, routePatterns } from "../../../infra/edge/route-patterns.ts";
import { type Route, routes } from "../../../shared/http/routes.ts";

/** As Front Door matches: a pattern without a star is exact, and `/abc` is not in `/abc/*`. */
const isIn = (path: string, pattern: string): boolean =>
  pattern.endsWith("/*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
const paths = Object.values<Route>(routes).map(({ path }) => `/${path}`);

test("opens these prefixes and no other; a new one is a decision of its own", () => {
  expect(routePatterns).toEqual([
    ...["/", "/.well-known/*", "/api/*", "/array/*", "/batch", "/batch/*", "/beacon/*", "/e", "/e/*"],
    ...["/flags", "/flags/*", "/i/*", "/sourceConfig", "/sourceConfig/*", "/v1/*"],
  ]);
});

test("every route of the table is let through", () => {
  expect(paths.filter((path) => !routePatterns.some((pattern) => isIn(path, pattern)))).toEqual([]);
});

test("every pattern but that of the docs' front door lets a route through", () => {
  // A path of one part is asked with a slash at its end.
  const asked = [...paths, "/batch/", "/e/", "/flags/", "/sourceConfig/"];
  expect(routePatterns.filter((pattern) => !asked.some((path) => isIn(path, pattern)))).toEqual(["/"]);
});

test("the host's own pages stay closed", () => {
  expect(routePatterns).not.toContain("/*");
  const own = ["/admin", "/admin/host/status", "/runtime/webhooks/blobs", "/.auth/me", "/index.html"];
  expect(own.filter((path) => routePatterns.some((pattern) => isIn(path, pattern)))).toEqual([]);
});

describe("a route that would open more than its own prefix is refused, by its name", () => {
  test.each(["{path}", "*", "", "admin/host/status", "Admin/x", "runtime/webhooks/x", "{org}/v1/events", "a*b/c"])(
    '"%s"',
    (path) => {
      expect(() => patternsOf({ ready: { path: "api/ready" }, wrong: { path } })).toThrow(
        /^the route wrong \(.*\) would open "\/.*"/,
      );
    },
  );
});

test("a path of one part is let through alone", () => {
  expect(
    patternsOf({ console: { path: "console" }, page: { path: "console/{page}" }, batch: { path: "v1/batch" } }),
  ).toEqual(["/console", "/console/*", "/v1/*"]);
});

test("events are posted to these paths", () => {
  expect(ingestPaths).toEqual([
    ...["/api/v1/events", "/batch", "/i/v1/analytics/events", "/i/v0/e", "/e", "/v1/{call}"],
    ...["/beacon/v1/batch", "/v1/logs"],
  ]);
});

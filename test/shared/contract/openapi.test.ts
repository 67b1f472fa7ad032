import { gzipSync } from "node:zlib";
import { validate as validateByReadme } from "@readme/openapi-parser";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { makeContract } from "../../../shared/contract/openapi.ts";
import { errorTable } from "../../../shared/errors.ts";
import { type Route, routes } from "../../../shared/http/routes.ts";
import { contract, createCheckAnswer, limits, type Node } from "../../support/contract.ts";

const text = JSON.stringify(contract);
const copy = () => JSON.parse(text) as Node & { paths: Record<string, Record<string, Node>> };

describe("the contract", () => {
  it("is sound for two validators that others wrote", async () => {
    expect(await new Validator().validate(copy())).toEqual({ valid: true });
    expect(await validateByReadme(copy() as unknown as string)).toMatchObject({ valid: true, warnings: [] });
    const broken = copy();
    delete broken.info;
    expect(await new Validator().validate(broken)).toMatchObject({ valid: false });
    expect(await validateByReadme(broken as unknown as string)).toMatchObject({ valid: false });
  });

  it("has nothing that Redocly's strict rules find, examples included", async () => {
    const config = await createConfig({
      extends: ["recommended-strict"],
      rules: { "no-invalid-media-type-examples": "error", "no-invalid-parameter-examples": "error" },
    });
    const lint = async (source: string) => {
      const found = await lintFromString({ source, config });
      return found.map(({ ruleId, location: [at] }) => `${ruleId} ${at?.pointer}`);
    };
    // Probes are refused nothing: they have no 4xx.
    expect(await lint(text)).toEqual([
      "operation-4xx-response #/paths/~1api~1health~1live/get/responses",
      "operation-4xx-response #/paths/~1api~1health~1ready/get/responses",
    ]);
    expect(await lint(text.replace('"accepted":2', '"accepted":"2"'))).toHaveLength(3);
  });

  it("has an operation for each row of the route table, by its name, with its scope", () => {
    const { paths } = copy();
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [operation.operationId, method, path, operation["x-scope"]]),
    );
    const rows = Object.entries<Route>(routes).map(([name, { method, path, access }]) => [
      ...[name, method.toLowerCase(), `/${path}`],
      access === "anyone" ? undefined : access,
    ]);
    expect(described.sort()).toEqual(rows.sort());
  });

  it("has each code of the table of errors in some answer, but those that only a page shows and those of no route", () => {
    const shown = new Set([...text.matchAll(/urn:headrace:error:(\w+)/g)].map(([, code]) => code));
    const ofPages = Object.keys(errorTable).filter((code) => !shown.has(code));
    const ofOauth = ["invalid_request", "invalid_scope", "unsupported_grant_type", "invalid_client"];
    for (const code of ofOauth) expect(text).toContain(`"${code}"`);
    expect(ofPages.filter((code) => !ofOauth.includes(code))).toEqual([
      ...["invalid_return_to", "unknown_provider", "sign_in_failed", "sign_in_expired", "sign_in_cancelled"],
      ...["invitation_unknown", "invitation_used", "no_membership", "not_a_member"],
      ...["method_not_allowed", "version_gone"],
    ]);
  });

  it("has what is read of a request's headers and query, and what answers have beside their body", () => {
    const { paths } = copy();
    type Described = { parameters: Node[]; responses: Record<string, { headers: Node }> };
    const of = (path: string, method: string) => paths[path]?.[method] as unknown as Described;
    const named = ({ parameters }: Described) => parameters.map((one) => [one.in, one.name, one.required ?? false]);
    expect(named(of("/api/v1/events", "post"))).toEqual([
      ["query", "key", false],
      ...["Idempotency-Key", "Content-Encoding", "Origin"].map((name) => ["header", name, false]),
    ]);
    expect(named(of("/api/v1/auth/refresh", "post"))).toEqual([["header", "Origin", true]]);
    const { responses } = of("/api/v1/events", "post");
    expect(Object.keys(responses["202"]?.headers ?? {})).toEqual([
      ...["x-request-id", "RateLimit", "RateLimit-Policy", "deprecation", "sunset", "link"],
      ...["access-control-allow-origin", "access-control-expose-headers"],
    ]);
  });

  it("has the limits of its deployment", () => {
    const other = makeContract({ limits: { ...limits, events: 77 }, version: "0.0.0" });
    const { post } = (other.paths as Record<string, Record<string, Node>>)["/api/v1/events"] ?? {};
    expect(post).toMatchObject({ "x-limits": { events: 77, bodyBytes: limits.bodyBytes } });
    expect(JSON.stringify(post?.requestBody)).toContain('"maxItems":77');
  });

  it("is small: 32 KB as a proxy compresses it", () => {
    expect(gzipSync(text).length).toBeLessThan(32 * 1024);
  });
});

describe("an answer", () => {
  const check = createCheckAnswer(contract);
  const got = (body: object, more = {}) => ({
    ...{ method: "POST", path: "/api/v1/events", status: 202, contentType: "application/json" },
    ...{ text: JSON.stringify(body), ...more },
  });
  const batch = { request_id: "r", receipt_id: "x", accepted: 1, duplicate: 0, quarantined: 0, results: [] };
  const problem = {
    ...{ type: "urn:headrace:error:empty_batch", title: "t", status: 400, code: "empty_batch" },
    ...{ detail: "d", fix: "f", request_id: "r" },
  };
  const asProblem = { status: 400, contentType: "application/problem+json" };

  it("that the contract describes is taken", () => {
    expect(check(got(batch))).toBeUndefined();
    expect(check(got(problem, asProblem))).toBeUndefined();
    expect(check(got({}, { path: "/api/v2/events" }))).toBeUndefined();
    const selected = { request_id: "r", events: [{ event_id: "e" }], next_cursor: null };
    expect(check(got(selected, { method: "GET", status: 200, asked: ["select"] }))).toBeUndefined();
  });

  it.each([
    ["a field that is in it alone", got({ ...batch, extra: 1 }), "must NOT have additional properties"],
    ["a field less", got({ ...batch, results: undefined }), "must have required property 'results'"],
    ["another type", got({ ...batch, accepted: "1" }), "must be integer"],
    ["another status", got(batch, { status: 200 }), "is not in the contract"],
    ["another type of body", got(batch, { contentType: "text/plain" }), "is text/plain"],
    ["a code that the route has not", got({ ...problem, code: "org_exists" }, asProblem), "must be equal to constant"],
    [
      "a field less, which nobody asked to leave out",
      got({ request_id: "r", events: [{ event_id: "e" }], next_cursor: null }, { method: "GET", status: 200 }),
      "must have required property",
    ],
    [
      "a line that is no event",
      got({ event_id: "e" }, { method: "GET", status: 200, contentType: "application/x-ndjson", text: '{"e":1}\n' }),
      "must have required property",
    ],
    ["a field more in a problem", got({ ...problem, extra: 1 }, asProblem), "must NOT have additional properties"],
  ])("with %s is found", (_, answer, fault) => {
    expect(check(answer)).toContain(fault);
  });
});

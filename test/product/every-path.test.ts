import { request as sendRaw } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { methodsOf, type Route, routes, unrouted } from "../../shared/http/routes.ts";
import { product } from "../support/product.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] as const;
const rows = Object.entries<Route>(routes);
const fill = (path: string): string => `/${path.replace("{call}", "track").replaceAll(/\{\w+\}/g, "x")}`;
const matches = (template: string, path: string): boolean => {
  const [wanted, given] = [template.split("/"), path.slice(1).split("/")];
  const fits = (each: string, i: number): boolean => each.startsWith("{") || each === given[i];
  return wanted.length === given.length && wanted.every(fits);
};
/** Rows with the same path, or with one that takes it too: `quarantine/discard` may be an id. */
const rowsAt = (path: string) => rows.filter(([, row]) => row.path === path || matches(row.path, fill(path)));
const ownMethods = (path: string): string[] => rowsAt(path).flatMap(([, row]) => [...methodsOf(row)]);

interface Reply {
  readonly status: number | undefined;
  readonly allow: string | undefined;
  readonly ours: boolean;
  readonly body: string;
  readonly location: string | undefined;
}

/** As fetch would not send it. */
function ask(method: string, path: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = sendRaw(product.baseUrl + path, { method, headers: { "content-length": "0" } }, (response) => {
      const { statusCode: status, headers } = response;
      const reply = { status, allow: headers.allow, ours: "x-request-id" in headers, location: headers.location };
      text(response).then((body) => resolve({ ...reply, body }), reject);
    });
    request.on("error", reject).end();
  });
}

/** What `Allow` must say, written down anew. */
function allowOf(path: string): string {
  const own = ownMethods(path);
  const has = (method: string): boolean =>
    method === "OPTIONS" || own.includes(method) || (method === "HEAD" && own.includes("GET"));
  return METHODS.filter(has).join(", ");
}

describe.each([...new Set(rows.map(([, { path }]) => path))])("%s", (path) => {
  it.each(METHODS)("%s has the right status and `Allow`", async (method) => {
    const reply = await ask(method, fill(path));
    if (method === "TRACE" || method === "PROPFIND") {
      expect(reply).toEqual({ status: 404, allow: undefined, ours: false, location: undefined, body: "" });
    } else if (method === "OPTIONS") {
      expect(reply).toMatchObject({ status: 204, allow: allowOf(path), ours: true, body: "" });
    } else if (ownMethods(path).includes(method)) {
      expect(reply).toMatchObject({ allow: undefined, ours: true });
      expect([404, 405]).not.toContain(reply.status);
    } else if (method === "HEAD" && ownMethods(path).includes("GET")) {
      expect(reply).toMatchObject({ status: 200, ours: true, body: "" });
    } else {
      expect(reply).toMatchObject({ status: 405, allow: allowOf(path), ours: true });
      if (method !== "HEAD") {
        const allowed = allowOf(path).split(", ");
        expect(JSON.parse(reply.body)).toMatchObject({ code: "method_not_allowed", status: 405, allowed });
      }
    }
  });
});

describe("by the rules of the real host (functions by name whatever the case, methods as a constraint, the first match wins)", () => {
  const functions = [
    ...rows.map(([name, row]) => ({ name, path: row.path, methods: methodsOf(row) as readonly string[] })),
    { name: unrouted.name, path: unrouted.path, methods: unrouted.methods as readonly string[] },
  ].sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  const takes = (template: string, path: string): boolean => template === unrouted.path || matches(template, path);
  const winner = (method: string, path: string): string | undefined =>
    functions.find((each) => each.methods.includes(method) && takes(each.path, path))?.name;

  it("each row's methods come to its own function, every other method to the last one, and none of these but TRACE and PROPFIND to nobody", () => {
    for (const [name, row] of rows) {
      for (const method of METHODS) {
        const isOwn = (methodsOf(row) as readonly string[]).includes(method);
        const has = ([, each]: (typeof rows)[number]) => (methodsOf(each) as readonly string[]).includes(method);
        const other = rowsAt(row.path).find(has);
        const left = ["TRACE", "PROPFIND"].includes(method) ? undefined : unrouted.name;
        expect([name, method, winner(method, fill(row.path))]).toEqual([
          name,
          method,
          isOwn ? name : (other?.[0] ?? left),
        ]);
      }
    }
  });

  it("the last function comes after all others", () => {
    expect(functions.at(-1)?.name).toBe(unrouted.name);
  });
});

describe("a path that is not there", () => {
  it.each([
    "/api",
    "/api/v1",
    "/api/v2/events",
    "/api/v1/eventz",
    "/api/v1/events/a/b",
    "/wp-login.php",
    "/.well-known/x",
  ])("%s is a problem document that says so, by every method", async (path) => {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const reply = await ask(method, path);
      expect(reply).toMatchObject({ status: 404, allow: undefined, ours: true });
      expect(JSON.parse(reply.body)).toMatchObject({ code: "path_not_found", fix: expect.any(String) as string });
    }
    expect(await ask("HEAD", path)).toMatchObject({ status: 404, ours: true, body: "" });
  });
});

it.each(["/API/V1/Members", "/api/v1/members/", "/api/v1/%6dembers"])(
  "%s is the path that the host takes it for",
  async (path) => {
    expect(await ask("PUT", path)).toMatchObject({ status: 405, allow: "GET, HEAD, POST, OPTIONS" });
  },
);

it("GET / leads to the docs, other methods are refused", async () => {
  expect(await ask("GET", "/")).toMatchObject({ status: 303, location: "/api/docs" });
  expect(await ask("HEAD", "/")).toMatchObject({ status: 303, location: "/api/docs" });
  expect(await ask("POST", "/")).toMatchObject({ status: 405, allow: "GET, HEAD, OPTIONS" });
});

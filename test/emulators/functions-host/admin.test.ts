import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askRaw, converse } from "./raw-http.ts";
import { eventually, type HostProcess, startHost } from "./support.ts";

let host: HostProcess;
beforeAll(async () => {
  host = await startHost("http");
});
afterAll(() => host.kill());

const ask = (path: string, headers?: Record<string, string>) => askRaw(host.baseUrl, path, headers);
const statusOf = async (path: string): Promise<number> => (await fetch(host.baseUrl + path)).status;

describe("a Host header", () => {
  it.each([
    ["no port behind the colon", "GET /echo HTTP/1.1\r\nHost: a:\r\n"],
    ["a port only", "GET /echo HTTP/1.1\r\nHost: :80\r\n"],
    ["a port that is no number", "GET /echo HTTP/1.1\r\nHost: a:b\r\n"],
    ["a path", "GET /echo HTTP/1.1\r\nHost: a/b\r\n"],
    ["a person", "GET /echo HTTP/1.1\r\nHost: a@b\r\n"],
    ["an open bracket", "GET /echo HTTP/1.1\r\nHost: [::1\r\n"],
    ["two names", "GET /echo HTTP/1.1\r\nHost: a,b\r\n"],
    ["two of them", "GET /echo HTTP/1.1\r\nHost: a\r\nhost: a\r\n"],
    ["none", "GET /echo HTTP/1.1\r\n"],
    ["another one than the target", "GET http://b/echo HTTP/1.1\r\nHost: a\r\n"],
  ])("refuses a Host with 400: %s", async (_, head) => {
    expect(await converse(host.baseUrl, `${head}Connection: close\r\n\r\n`)).toMatch(/^HTTP\/1.1 400 [^{]*$/);
  });

  it.each([
    ["nothing", "GET /echo HTTP/1.1\r\nHost: \r\n"],
    ["an address", "GET /echo HTTP/1.1\r\nHost: [::1]:80\r\n"],
    ["an underscore", "GET /echo HTTP/1.1\r\nHost: a_b:80\r\n"],
    ["the target's", "GET http://b/echo HTTP/1.1\r\nHost: b:80\r\n"],
  ])("takes a Host that is %s", async (_, head) => {
    expect(await converse(host.baseUrl, `${head}Connection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 200 [\s\S]*"fn":"echo"/,
    );
  });
});

describe("the host's own paths", () => {
  it("shows a page at /, and answers pings and its status", async () => {
    const page = await fetch(host.baseUrl);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html"]);
    expect(await statusOf("/admin/host/ping")).toBe(200);
    const status = await fetch(`${host.baseUrl}/admin/host/status`);
    expect(await status.json()).toMatchObject({ state: "Running", processUptime: expect.any(Number) });
  });

  it("lists functions, and knows which exist", async () => {
    const list = (await (await fetch(`${host.baseUrl}/admin/functions`)).json()) as { name: string }[];
    expect(list.map((fn) => fn.name)).toEqual(host.functions.map((fn) => fn.name));
    expect(await statusOf("/admin/functions/ECHO/status")).toBe(200);
    expect(await statusOf("/admin/functions/none")).toBe(404);
    expect(await statusOf("/admin/none")).toBe(404);
  });

  it.each<[string, Record<string, string>, number]>([
    ["a page of another host", { origin: "https://shop.example" }, 403],
    ["a page without an origin", { origin: "null" }, 403],
    ["another site's image or link", { "sec-fetch-site": "cross-site" }, 403],
    ["a name of another that leads here", { host: "shop.example" }, 403],
    ["a name that begins like ours", { host: "localhost.shop.example:80" }, 403],
    ["a page of this machine", { origin: "http://localhost:3000" }, 200],
    ["another of this machine's names", { host: "localhost:1" }, 200],
    ["this machine's other address", { host: "[::1]:1" }, 200],
  ])("are asked by %s", async (_, headers, status) => {
    expect((await ask("/admin/host/ping", headers))[0]).toBe(status);
    expect((await ask("/ADMIN/functions", headers))[0]).toBe(status);
  });

  it("do nothing for a caller without the key, and nothing at all in a host that has none", async () => {
    const post = (baseUrl: string, headers: Record<string, string>) =>
      fetch(`${baseUrl}/admin/functions/none`, { method: "POST", headers, body: '{"input":"x"}' });
    const own = await startHost("http", { env: { HOST_ADMIN_KEY: "the key" } });
    try {
      const statuses = [{}, { "x-functions-key": "another" }, { "x-functions-key": "the key" }].map(
        async (headers) => (await post(own.baseUrl, headers)).status,
      );
      expect(await Promise.all(statuses)).toEqual([401, 401, 404]);
    } finally {
      await own.kill();
    }
    expect((await post(host.baseUrl, { "x-functions-key": "" })).status).toBe(401);
    expect((await post(host.baseUrl, { "x-functions-key": "undefined" })).status).toBe(401);
  });

  it("runs the warmup function once", async () => {
    await statusOf("/admin/warmup");
    await statusOf("/admin/warmup");
    await eventually("it is warm", () => host.lines.some((line) => line.endsWith("warmed up")));
    expect(host.lines.filter((line) => line.endsWith("warmed up"))).toHaveLength(1);
  });
});

describe("GET /", () => {
  it("is a page of the host, and the app's once `AzureWebJobsDisableHomepage` is true", async () => {
    const page = await fetch(host.baseUrl);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html"]);
    const own = await startHost("http", { env: { AzureWebJobsDisableHomepage: "True" } });
    try {
      expect((await fetch(own.baseUrl)).status).toBe(404);
    } finally {
      await own.kill();
    }
  });
});

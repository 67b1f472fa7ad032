import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startChromium } from "../support/chromium.ts";
import { makeOrg, product, type TestOrg } from "../support/product.ts";

const EVENTS = "/api/v1/events";
const SHOP = "https://shop.example";
const event = JSON.stringify({ event_type: "seen" });

let org: TestOrg;
beforeAll(async () => {
  org = await makeOrg();
});

type Headers = Readonly<Record<string, string>>;
interface Row {
  readonly what: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Headers;
  readonly body?: string;
  /** Sent with the org's key. */
  readonly signed?: true;
  readonly status: number;
  /** `Access-Control-Allow-Origin`; null for none, and then no other field of CORS either. */
  readonly origin: string | null;
}

const preflight = (origin: string, more: Headers = {}): Pick<Row, "method" | "headers"> => ({
  method: "OPTIONS",
  headers: { origin, "access-control-request-method": "POST", ...more },
});
const asking = (names: string): Headers => ({ "access-control-request-headers": names });
const from = (origin: string, more: Headers = {}): Headers => ({ origin, ...more });

const table: readonly Row[] = [
  { what: "a preflight", ...preflight(SHOP), status: 204, origin: SHOP },
  {
    what: "a preflight of another origin",
    ...preflight("https://evil.example"),
    status: 204,
    origin: "https://evil.example",
  },
  { what: "a preflight of http", ...preflight("http://shop.example"), status: 204, origin: "http://shop.example" },
  {
    what: "a preflight with a port",
    ...preflight("http://localhost:3000"),
    status: 204,
    origin: "http://localhost:3000",
  },
  { what: "a preflight of an IPv6 address", ...preflight("http://[::1]:80"), status: 204, origin: "http://[::1]:80" },
  {
    what: "a preflight of an app's page",
    ...preflight("capacitor://localhost"),
    status: 204,
    origin: "capacitor://localhost",
  },
  {
    what: "a preflight of an extension",
    ...preflight("chrome-extension://abcdef"),
    status: 204,
    origin: "chrome-extension://abcdef",
  },
  { what: "a preflight of a file", ...preflight("null"), status: 204, origin: "null" },
  {
    what: "a preflight that asks for Authorization",
    ...preflight(SHOP, asking("authorization")),
    status: 204,
    origin: SHOP,
  },
  {
    what: "a preflight that asks for X-Retry-Count",
    ...preflight(SHOP, asking("x-retry-count")),
    status: 204,
    origin: SHOP,
  },
  {
    what: "a preflight that asks for what is not allowed",
    ...preflight(SHOP, asking("x-other")),
    status: 204,
    origin: SHOP,
  },
  {
    what: "a preflight with a credential",
    ...preflight(SHOP, { authorization: "Bearer x" }),
    status: 204,
    origin: SHOP,
  },
  { what: "a preflight with a query", ...preflight(SHOP), path: `${EVENTS}?key=x&v=1`, status: 204, origin: SHOP },
  { what: "a preflight to a slash more", ...preflight(SHOP), path: `${EVENTS}/`, status: 204, origin: SHOP },
  { what: "OPTIONS without an origin", method: "OPTIONS", status: 204, origin: null },
  {
    what: "a preflight of two origins",
    ...preflight("https://a.example, https://b.example"),
    status: 204,
    origin: null,
  },
  { what: "a preflight of what is no origin", ...preflight("shop.example"), status: 204, origin: null },
  { what: "a preflight of an origin with a path", ...preflight(`${SHOP}/a`), status: 204, origin: null },
  { what: "a preflight to a route that reads", ...preflight(SHOP), path: "/api/v1/ledger", status: 204, origin: null },
  { what: "a preflight to a path that is not there", ...preflight(SHOP), path: "/api/v1/x", status: 404, origin: null },
  { what: "events", headers: from(SHOP), body: event, signed: true, status: 202, origin: SHOP },
  { what: "events of a file", headers: from("null"), body: event, signed: true, status: 202, origin: "null" },
  { what: "events without an origin", body: event, signed: true, status: 202, origin: null },
  { what: "events without a credential", headers: from(SHOP), body: event, status: 401, origin: SHOP },
  {
    what: "events with a wrong credential",
    headers: from(SHOP, { authorization: "Bearer hr_x" }),
    body: event,
    status: 401,
    origin: SHOP,
  },
  { what: "no JSON", headers: from(SHOP), body: "{", signed: true, status: 400, origin: SHOP },
  {
    what: "an unknown encoding",
    headers: from(SHOP, { "content-encoding": "x" }),
    body: event,
    signed: true,
    status: 415,
    origin: SHOP,
  },
  {
    what: "a body that is too large",
    headers: from(SHOP),
    body: " ".repeat(4_200_000),
    signed: true,
    status: 413,
    origin: SHOP,
  },
  { what: "another method", method: "PUT", headers: from(SHOP), body: event, signed: true, status: 405, origin: null },
  { what: "events, read", method: "GET", headers: from(SHOP), signed: true, status: 200, origin: null },
];

const send = ({ method = "POST", path = EVENTS, headers = {}, body, signed }: Row): Promise<Response> =>
  fetch(product.baseUrl + path, {
    method,
    headers: { ...(signed && { authorization: `Bearer ${org.key}` }), ...headers },
    ...(body !== undefined && { body }),
  });
const ofCors = (answer: Response): Record<string, string> =>
  Object.fromEntries([...answer.headers].filter(([name]) => name.startsWith("access-control-")));

describe("a request", () => {
  it("has 30 kinds here", () => expect(table).toHaveLength(30));

  it.each(table)("that is $what is a $status, which $origin may read", async (row) => {
    const answer = await send(row);
    const fields = ofCors(answer);
    expect([answer.status, fields["access-control-allow-origin"] ?? null]).toEqual([row.status, row.origin]);
    expect(fields).not.toHaveProperty("access-control-allow-credentials");
    if (row.origin === null) expect(fields).toEqual({});
    const isWrite = (row.path ?? EVENTS).startsWith(EVENTS) && ["POST", "OPTIONS"].includes(row.method ?? "POST");
    expect(answer.headers.get("vary")).toBe(isWrite ? "Origin" : null);
  });
});

it("every preflight is answered alike, but for the origin that it names", async () => {
  const answers = await Promise.all(
    table.filter(({ method, origin }) => method === "OPTIONS" && origin !== null).map(send),
  );
  const alike = answers.map((answer) => ({ ...ofCors(answer), "access-control-allow-origin": "" }));
  for (const fields of alike) expect(fields).toEqual(alike[0]);
  expect(alike[0]).toMatchObject({
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": expect.stringMatching(/Authorization, Content-Type,.*X-Retry-Count/) as string,
    "access-control-max-age": "86400",
  });
});

it("an answer names the headers that a page may read", async () => {
  const { headers } = await send({
    what: "",
    headers: from(SHOP),
    body: event,
    signed: true,
    status: 202,
    origin: SHOP,
  });
  expect(headers.get("access-control-expose-headers")).toBe(
    "Retry-After, Deprecation, Sunset, Link, RateLimit, RateLimit-Policy, X-Request-Id, X-Receipt-Id",
  );
});

describe("a page of another origin, in Chromium", () => {
  const site = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>shop"));
  let chromium: Awaited<ReturnType<typeof startChromium>>;
  beforeAll(async () => {
    site.listen(0, "127.0.0.1");
    [chromium] = await Promise.all([startChromium(), once(site, "listening")]);
  });
  afterAll(async () => {
    await chromium?.close();
    site.close();
  });

  /** What a `fetch` in the page comes to: status, code and `x-request-id`, or that it may not read the answer. */
  async function fetchInPage(url: string, headers: Headers, method = "POST"): Promise<unknown> {
    const page = await chromium.context.newPage();
    await page.goto(`http://shop.example:${(site.address() as AddressInfo).port}/`);
    const init = JSON.stringify({ method, headers, ...(method === "POST" && { body: event }) });
    const script = `fetch(${JSON.stringify(url)}, ${init}).then(
      async (answer) => [answer.status, (await answer.json()).code ?? null, answer.headers.has("x-request-id")],
      (error) => error.name)`;
    const found = await page.evaluate(script);
    await page.close();
    return found;
  }

  it("posts events, reads the code of a refusal, and reads nothing of another route", async () => {
    const at = product.baseUrl + EVENTS;
    const json = { "content-type": "application/json", "x-retry-count": "1" };
    const good = { ...json, authorization: `Bearer ${org.key}` };
    expect(await fetchInPage(at, good)).toEqual([202, null, true]);
    expect(await fetchInPage(at, { ...json, authorization: "Bearer hr_x" })).toEqual([
      401,
      "credential_malformed",
      true,
    ]);
    expect(await fetchInPage(at, json)).toEqual([401, "credential_missing", true]);
    expect(await fetchInPage(at, good, "GET")).toBe("TypeError");
    expect(await fetchInPage(`${product.baseUrl}/api/health/live`, {}, "GET")).toBe("TypeError");
  });
});

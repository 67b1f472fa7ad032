import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startChromium } from "../support/chromium.ts";
import { type Json, makeOrg, product, request, type TestOrg, until } from "../support/product.ts";

const SHOP = "https://shop.example";
const EVENTS = "/api/v1/events";

let org: TestOrg;
beforeAll(async () => {
  org = await makeOrg(["events:write", "events:read", "keys:manage", "audit:read"]);
});

const manage = (method: string, path: string, body?: object) =>
  request(path, {
    method,
    headers: { authorization: `Bearer ${org.key}` },
    ...(body && { body: JSON.stringify(body) }),
  });
const make = (origins: unknown, scopes: unknown = ["events:write"]) =>
  manage("POST", "/api/v1/keys", { name: "the shop's pages", scopes, origins });

async function makeKey(origins: readonly string[]): Promise<{ key: string; keyId: string; view: Json }> {
  const { status, body } = await make(origins);
  expect(status).toBe(201);
  const view = body.api_key as Json;
  return { key: String(body.key), keyId: String(view.key_id), view };
}

const post = (key: string, headers: Record<string, string> = {}, body: object = { event_type: "seen" }) =>
  request(EVENTS, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, ...headers },
    body: JSON.stringify(body),
  });

describe("a publishable key", () => {
  it("is made with its origins, sends from these, and is listed with them and without its text", async () => {
    const { key, keyId, view } = await makeKey([SHOP, "https://*.shop.example:8443"]);
    expect(key).toMatch(/^hrp_/);
    expect(view).toMatchObject({ scopes: ["events:write"], origins: [SHOP, "https://*.shop.example:8443"] });
    for (const origin of [SHOP, "https://a.b.shop.example:8443"]) {
      const { status, body } = await post(key, { origin });
      expect(status).toBe(202);
      expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 1 });
    }
    const { body } = await manage("GET", "/api/v1/keys");
    expect(JSON.stringify(body)).not.toContain(key);
    const listed = body.keys as Json[];
    expect(listed.find(({ key_id }) => key_id === keyId)).toMatchObject({ origins: view.origins });
    expect(listed.find(({ key_id }) => key_id === org.keyId)).toMatchObject({ origins: null });
  });

  it.each([
    ["another origin", { origin: "https://evil.example" }],
    ["no origin", {}],
    ["a file", { origin: "null" }],
    ["another scheme", { origin: "http://shop.example" }],
    ["another port", { origin: "https://shop.example:444" }],
    ["a name below it", { origin: "https://a.shop.example" }],
    ["a name that ends alike", { origin: "https://evilshop.example" }],
    ["a wildcard's own name", { origin: "https://wild.example" }],
    ["a name that ends like a wildcard's", { origin: "https://evilwild.example" }],
    ["what only looks like a wildcard's name", { origin: "https://evil.example/.wild.example" }],
  ])("of %s is refused, and the answer names the origins it has", async (_, headers) => {
    const origins = [SHOP, "https://*.wild.example"];
    const { key } = await makeKey(origins);
    const { status, body } = await post(key, headers);
    expect([status, body.code, body.origins]).toEqual([403, "origin_refused", origins]);
    for (const origin of origins) expect(body.detail).toContain(origin);
  });

  it("can do nothing but send: reading is 403 `scope_missing`, and it gets no token", async () => {
    const { key, keyId } = await makeKey([SHOP]);
    for (const path of [EVENTS, "/api/v1/ledger", "/api/v1/keys", "/api/v1/audit"]) {
      const { status, body } = await request(path, { headers: { authorization: `Bearer ${key}`, origin: SHOP } });
      expect([path, status, body.code]).toEqual([path, 403, "scope_missing"]);
    }
    const form = { grant_type: "client_credentials", client_id: keyId, client_secret: key };
    const token = await request("/api/v1/auth/token", { method: "POST", body: new URLSearchParams(form) });
    expect([token.status, token.body.error]).toEqual([401, "invalid_client"]);
  });

  it("is rotated into one with the same origins, and revoked, as other keys are", async () => {
    const first = await makeKey([SHOP]);
    const rotated = await manage("POST", `/api/v1/keys/${first.keyId}/rotate`, { overlap_seconds: 600 });
    expect(rotated.status).toBe(201);
    const key = String(rotated.body.key);
    expect([key.slice(0, 4), (rotated.body.api_key as Json).origins]).toEqual(["hrp_", [SHOP]]);
    for (const each of [first.key, key]) expect((await post(each, { origin: SHOP })).status).toBe(202);
    expect((await post(key)).body.code).toBe("origin_refused");
    const keyId = String((rotated.body.api_key as Json).key_id);
    expect((await manage("DELETE", `/api/v1/keys/${keyId}`)).status).toBe(204);
    expect(await until(async () => ((await post(key, { origin: SHOP })).status === 401 ? true : undefined))).toBe(true);
  });

  it("cannot be passed off as a secret key, nor a secret key as one", async () => {
    const { key } = await makeKey([SHOP]);
    for (const forged of [key.replace("hrp_", "hr_"), org.key.replace("hr_", "hrp_")])
      expect((await post(forged, { origin: SHOP })).status).toBe(401);
  });

  it("has a low share: a body over 512 KiB is a 413 for it, and not for a secret key", async () => {
    const { key } = await makeKey([SHOP]);
    const events = Array.from({ length: 12 }, (_, i) => ({
      event_type: "big",
      properties: { text: `${i}`.repeat(50_000) },
    }));
    const { status, body } = await post(key, { origin: SHOP }, events);
    expect([status, body.code, body.limit]).toEqual([413, "body_too_large", 512 * 1024]);
    expect((await post(org.key, {}, events)).status).toBe(202);
  });
});

describe("origins of a new key", () => {
  const many = Array.from({ length: 21 }, (_, i) => `https://a${i}.example`);
  it.each([
    ["*"],
    ["https://*"],
    ["https://shop.example/"],
    ["https://shop.example/path"],
    ["https://shop.example?x"],
    ["https://me@shop.example"],
    ["https://Shop.example"],
    ["https://shop.example:443"],
    ["http://shop.example"],
    ["http://*.shop.example"],
    ["http://10.0.0.1"],
    ["ftp://shop.example"],
    ["shop.example"],
    ["null"],
    [""],
    ["https://*.com"],
    ["https://*.co.uk"],
    ["https://*.github.io"],
    ["https://*.azurewebsites.net"],
    ["https://*.127.0.0.1"],
    ["https://a.*.example"],
    ["https://*.*.shop.example"],
    [`https://${"a.".repeat(130)}example`],
  ])("%j is a 400 that names it", async (entry) => {
    const { status, body } = await make([SHOP, entry]);
    expect([status, body.code, body.path]).toEqual([400, "invalid_body", "origins.1"]);
    expect(body.detail).toContain(JSON.stringify(entry).slice(0, 100));
  });

  it.each([
    ["none", [], undefined, "origins"],
    ["more than 20", many, undefined, "origins"],
    ["one twice", [SHOP, SHOP], undefined, "origins"],
    ["with another scope", [SHOP], ["events:write", "events:read"], "scopes"],
    ["with a scope that reads", [SHOP], ["events:read"], "scopes"],
    ["that are no texts", [7], undefined, "origins.0"],
  ])("%s are a 400", async (_, origins, scopes, path) => {
    const { status, body } = await make(origins, scopes);
    expect([status, body.code, body.path]).toEqual([400, "invalid_body", path]);
  });

  it.each([
    ["http://localhost:3000"],
    ["http://127.0.0.1"],
    ["http://[::1]:8080"],
    ["https://*.shop.example"],
    ["https://*.shop.co.uk:8443"],
    ["https://xn--bcher-kva.example"],
  ])("%s is taken", async (entry) => {
    expect((await make([entry])).status).toBe(201);
  });
});

describe("a page in Chromium", () => {
  const site = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>shop"));
  let chromium: Awaited<ReturnType<typeof startChromium>>;
  let key: string;
  const at = (host: string): string => `http://${host}:${(site.address() as AddressInfo).port}`;
  beforeAll(async () => {
    site.listen(0, "127.0.0.1");
    [chromium] = await Promise.all([startChromium(), once(site, "listening")]);
    ({ key } = await makeKey([at("localhost")]));
  });
  afterAll(async () => {
    await chromium?.close();
    site.close();
  });

  /** Runs a script in a page of an origin, and leaves the page for another one. */
  async function visit(origin: string, script: string): Promise<unknown> {
    const page = await chromium.context.newPage();
    await page.goto(origin);
    const found = await page.evaluate(script);
    await page.goto("about:blank");
    await page.close();
    return found;
  }
  const ids = async (type: string): Promise<unknown[]> =>
    ((await org.get(`${EVENTS}?event_type=${type}`)).body.events as Json[]).map(({ event_id }) => event_id).sort();
  const bodyOf = (type: string, id: string): string =>
    JSON.stringify(JSON.stringify({ event_type: type, event_id: `${type}-${id}` }));
  const url = (): string => JSON.stringify(`${product.baseUrl}${EVENTS}`);
  const withKey = (): string => JSON.stringify(`${product.baseUrl}${EVENTS}?key=${key}`);
  /** By `fetch`, and when the page is hidden by `fetch` with `keepalive` and by `sendBeacon`. */
  const sendAll = (type: string): string => `(() => {
    addEventListener("pagehide", () => {
      void fetch(${withKey()}, { method: "POST", keepalive: true, headers: { "content-type": "text/plain" }, body: ${bodyOf(type, "keepalive")} });
      navigator.sendBeacon(${withKey()}, ${bodyOf(type, "beacon")});
    });
    const headers = { authorization: "Bearer ${key}", "content-type": "application/json" };
    return fetch(${url()}, { method: "POST", headers, body: ${bodyOf(type, "fetch")} })
      .then(async (answer) => [answer.status, (await answer.json()).code ?? null]);
  })()`;

  it("of a listed origin posts by `fetch`, and by `fetch(keepalive)` and `sendBeacon` when it is left", async () => {
    expect(await visit(at("localhost"), sendAll("listed"))).toEqual([202, null]);
    const all = ["listed-beacon", "listed-fetch", "listed-keepalive"];
    expect(await until(async () => ((await ids("listed")).length === 3 ? ids("listed") : undefined))).toEqual(all);
  });

  it("of another origin reads why it is refused, and stores nothing", async () => {
    expect(await visit(at("shop.example"), sendAll("foreign"))).toEqual([403, "origin_refused"]);
    expect(await visit(at("localhost"), sendAll("after"))).toEqual([202, null]);
    // What was sent later has come in.
    expect(await until(async () => ((await ids("after")).length === 3 ? true : undefined))).toBe(true);
    expect(await ids("foreign")).toEqual([]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passingFaults, startProxy } from "../../support/fault-proxy.ts";
import { type Json, makeOrg, product, type TestOrg } from "../../support/product.ts";
import { makePageKey, type SdkPage, type SdkSite, startSdkSite } from "../../support/sdk-page.ts";
import { readSettled, readStored } from "../../support/stored-events.ts";
import { until } from "../../support/until.ts";

const contents =
  'import { RudderAnalytics } from "@rudderstack/analytics-js/bundled"; globalThis.RudderAnalytics = RudderAnalytics;';

let site: SdkSite;
beforeAll(async () => {
  site = await startSdkSite(contents);
});
afterAll(async () => site?.close());

const makeOwner = (): Promise<TestOrg> => makeOrg(["events:write", "events:read", "keys:manage"]);

/** A page of the shop where the SDK has started, and made these calls. */
async function open(key: string, calls: string, more: { url?: string; options?: object } = {}): Promise<SdkPage> {
  const { url = product.baseUrl, options } = more;
  const opened = await site.open("/cart?x=1");
  const load = { configUrl: url, logLevel: "WARN", queueOptions: { minRetryDelay: 20 }, ...options };
  await opened.page.evaluate(`(async () => {
    const analytics = new RudderAnalytics();
    analytics.load(${JSON.stringify(key)}, ${JSON.stringify(url)}, ${JSON.stringify(load)});
    await new Promise((resolve) => analytics.ready(resolve));
    ${calls}
  })()`);
  return opened;
}

/** What the SDK told of its deliveries: it has no callback for them, but the console. */
const heard = ({ said }: SdkPage, what: RegExp): Promise<string> =>
  until(async () => said.find((line) => what.test(line)));
const track = (event: string, properties: Json = {}): string =>
  `analytics.track(${JSON.stringify(event)}, ${JSON.stringify(properties)});`;

describe("@rudderstack/analytics-js 3.34.1, from npm as `bundled`, in a page of another site", () => {
  it("starts with a URL and a key, and stores each kind of call once, with person, time, type, session and properties", async () => {
    const org = await makeOwner();
    const { key } = await makePageKey(org, site.origin);
    const at = (second: number): string => `{ originalTimestamp: "2026-11-22T10:00:0${second}.000Z" }`;
    const calls = `
      analytics.identify("ada", { email: "ada@example.com" }, ${at(1)});
      analytics.group("acme", { employees: 12 }, ${at(2)});
      analytics.track("Order Paid", { total: 12.5 }, ${at(3)});
      analytics.page("Docs", "Cart", { extra: 1 }, ${at(4)});
      analytics.alias("ada", "anon-1", ${at(5)});`;
    const { page, asked, said } = await open(key, calls);
    const events = await readStored(org, 5);
    const session = expect.stringMatching(/^\d{10,}$/);
    const ada = { user_id: "ada", anonymous_id: expect.any(String), session_id: session };
    expect(events).toMatchObject([
      {
        ...{ ...ada, event_type: "identify", timestamp: "2026-11-22T10:00:01.000Z" },
        properties: { email: "ada@example.com" },
      },
      { ...ada, event_type: "group", properties: { group_id: "acme", employees: 12 } },
      { ...ada, event_type: "Order Paid", properties: { total: 12.5 }, timestamp: "2026-11-22T10:00:03.000Z" },
      {
        ...{ ...ada, event_type: "page_view" },
        properties: { name: "Cart", category: "Docs", extra: 1, path: "/cart", search: "?x=1", title: "A shop" },
      },
      { ...ada, event_type: "alias", properties: { previous_id: "anon-1" } },
    ]);
    expect(events[2]).toMatchObject({
      event_id: expect.stringMatching(/^segment:[0-9a-f-]{36}$/),
      context: { traits: { email: "ada@example.com" }, source: { type: "track", channel: "web" } },
    });
    expect(JSON.stringify(events)).not.toContain(key);
    // Nothing is asked of the vendor, and nothing is told to the console.
    expect([...new Set(asked.map(({ url }) => new URL(url).origin))].sort()).toEqual(
      [site.origin, product.baseUrl].sort(),
    );
    expect(said).toEqual([]);
    await page.close();
  });

  it("sends batches where they are asked for", async () => {
    const org = await makeOwner();
    const { key } = await makePageKey(org, site.origin);
    const options = { queueOptions: { batch: { enabled: true, maxItems: 3 } } };
    const { page, asked } = await open(key, [1, 2, 3].map((n) => track("Seen", { n })).join("\n"), { options });
    expect((await readStored(org, 3)).map(({ properties }) => (properties as Json).n).sort()).toEqual([1, 2, 3]);
    expect(asked.filter(({ method }) => method === "POST").map(({ url }) => url)).toEqual([
      `${product.baseUrl}/v1/batch`,
    ]);
    await page.close();
  });

  it("sends by beacon what it holds when its page is left", async () => {
    const org = await makeOwner();
    const { key } = await makePageKey(org, site.origin);
    const calls = track("Seen") + track("x".repeat(201)) + track("Left", { total: 12.5 });
    const { page, asked } = await open(key, calls, { options: { useBeacon: true } });
    expect(asked.filter(({ method }) => method === "POST")).toEqual([]);
    await page.goto(`${site.origin}/left`);
    expect(await readSettled(org, 3)).toMatchObject({ stored: 2, quarantined: 1 });
    expect(await readStored(org, 2)).toMatchObject([{ event_type: "Seen" }, { event_type: "Left" }]);
    await page.close();
  });

  it("has a bad event delivered to quarantine, and its neighbours stored", async () => {
    const org = await makeOwner();
    const { key } = await makePageKey(org, site.origin);
    const { page, said } = await open(key, track("x".repeat(201)) + track("Order Paid") + track(" y"));
    expect(await readSettled(org, 3)).toMatchObject({ stored: 1, quarantined: 2 });
    expect(said).toEqual([]);
    await page.close();
  });

  it.each(["wrong", "revoked"])("says that events are dropped for a %s key, and asks once", async (what) => {
    const org = await makeOwner();
    const { key, revoke } = await makePageKey(org, site.origin);
    if (what === "revoked") await revoke();
    const proxy = await startProxy(product.baseUrl, []);
    const opened = await open(what === "wrong" ? `${key.slice(0, -1)}!` : key, track("x"), { url: proxy.url });
    expect(await heard(opened, /Failed to deliver/)).toMatch(/status 401.*will be dropped/s);
    expect(proxy.requests()).toBe(1);
    await opened.page.close();
    await proxy.close();
  });

  it.each(passingFaults)("says that it tries again after %s, and the event is stored once", async (_, fault) => {
    const org = await makeOwner();
    const { key } = await makePageKey(org, site.origin);
    const proxy = await startProxy(product.baseUrl, [fault]);
    const opened = await open(key, track("Order Paid", { total: 12.5 }), { url: proxy.url });
    const status = typeof fault === "object" ? `status ${fault.status}` : "";
    expect(await heard(opened, /Failed to deliver/)).toMatch(new RegExp(`${status}.*will be retried`, "s"));
    await until(async () => proxy.requests() === 2 || undefined);
    const count = fault === "lost" ? 2 : 1;
    expect(await readSettled(org, count)).toMatchObject({ stored: 1, duplicate: count - 1 });
    expect(await readStored(org, 1)).toMatchObject([{ event_type: "Order Paid", properties: { total: 12.5 } }]);
    expect(opened.said.filter((line) => line.includes("dropped"))).toEqual([]);
    await opened.page.close();
    await proxy.close();
  });
});

describe("what RudderStack's SDK of pages starts with", () => {
  it.each(["/sourceConfig", "/sourceConfig/"])("is at %s for any page, with any key, and may be kept", async (path) => {
    const headers = { origin: "https://shop.example", authorization: "Basic eDo=" };
    const answer = await fetch(`${product.baseUrl}${path}?writeKey=x&v=3`, { headers });
    expect([answer.status, await answer.json()]).toMatchObject([200, { source: { enabled: true, destinations: [] } }]);
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://shop.example");
    expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
  });
});

describe("a beacon", () => {
  const send = (query: string, headers: Record<string, string> = {}) =>
    fetch(`${product.baseUrl}/beacon/v1/batch${query}`, {
      ...{ method: "POST", headers: { "content-type": "text/plain", ...headers } },
      body: '{"batch":[{"type":"track","event":"Seen"}]}',
    });

  it("with a secret key in its query, with none, or with two that differ is refused", async () => {
    const { key } = await makeOrg();
    const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as Json).code];
    expect(await codeOf(await send(`?writeKey=${key}`))).toEqual([401, "credential_malformed"]);
    expect(await codeOf(await send(""))).toEqual([401, "credential_missing"]);
    expect(await codeOf(await send("?writeKey=hrp_a&writeKey=hrp_b"))).toEqual([400, "invalid_parameter"]);
    expect((await send("", { authorization: `Bearer ${key}` })).status).toBe(200);
  });
});

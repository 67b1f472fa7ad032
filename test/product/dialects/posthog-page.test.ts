import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Fault, startProxy } from "../../support/fault-proxy.ts";
import { type Json, makeOrg, product, type TestOrg } from "../../support/product.ts";
import { makePageKey, type SdkPage, type SdkSite, startSdkSite } from "../../support/sdk-page.ts";
import { readSettled, readStored } from "../../support/stored-events.ts";
import { until } from "../../support/until.ts";

const contents = `
  import posthog from "posthog-js";
  import inside from "posthog-js/dist/module.no-external";
  Object.assign(globalThis, { posthog, inside, errors: [] });`;

let site: SdkSite;
beforeAll(async () => {
  site = await startSdkSite(contents);
});
afterAll(async () => site?.close());

interface Opened extends SdkPage {
  readonly org: TestOrg;
  readonly key: string;
}
interface Options {
  readonly url?: string;
  readonly key?: string;
  readonly init?: object;
  /** The name of the SDK's instance in the page. */
  readonly sdk?: "posthog" | "inside";
}

/**
 * A page of the shop where the SDK has started with a URL and a key, and made these calls. Beside those the tests
 * change how long it waits before it sends.
 */
async function open(
  calls: string,
  { url = product.baseUrl, key, init, sdk = "posthog" }: Options = {},
): Promise<Opened> {
  const org = await makeOrg(["events:write", "events:read", "keys:manage"]);
  const own = key ?? (await makePageKey(org, site.origin)).key;
  const opened = await site.open("/cart?x=1");
  const options = { api_host: url, request_queue_config: { flush_interval_ms: 250 } };
  await opened.page.evaluate(`(async (posthog) => {
    const on_request_error = ({ statusCode, text }) => errors.push([statusCode, text]);
    const options = { ...${JSON.stringify({ ...options, ...init })}, on_request_error };
    await new Promise((loaded) => posthog.init(${JSON.stringify(own)}, { ...options, loaded }));
    ${calls}
  })(${sdk})`);
  return { ...opened, org, key: own };
}

/** What its own callback was told of refusals. */
const told = async ({ page }: SdkPage, count: number): Promise<(readonly [number, string])[]> =>
  until(async () => {
    const errors = (await page.evaluate("errors")) as (readonly [number, string])[];
    return errors.length >= count ? errors : undefined;
  });
const quiet = { autocapture: false, capture_pageview: false, capture_pageleave: false };
const paid = 'posthog.capture("Order Paid", { total: 12.5 });';
/** Of what it may not read the status, it knows nothing but that there was no answer. */
const hidden = { "access-control-allow-origin": "null" };
const faults: readonly (readonly [string, string, Fault])[] = [
  ["a 429 that it may read", "drops the event, and says so", { status: 429, headers: { "retry-after": "1" } }],
  ["a 429 of the edge", "sends again, and the event is stored once", { status: 429, headers: hidden }],
  ["a 503", "sends again, and the event is stored once", { status: 503 }],
  ["a cut connection", "sends again, and the event is stored once", "cut"],
  ["an answer that is lost", "sends again, and the event is stored once", "lost"],
];

describe("posthog-js 1.449.2 in a page of another site", () => {
  it("starts with a URL and a key, and stores each kind of event once, with person, time, type and properties", async () => {
    const opened = await open(`
      const at = (second) => new Date(Date.UTC(2026, 10, 22, 10, 0, second));
      posthog.capture("Order Paid", { total: 12.5, token: "my own" }, { timestamp: at(1) });
      globalThis.before = posthog.get_distinct_id();
      posthog.identify("ada", { email: "ada@example.com" }, { first: "/cart" });
      posthog.group("company", "acme", { employees: 12 });
      posthog.alias("ada@example.com");
      const button = document.body.appendChild(document.createElement("button"));
      button.textContent = "Buy";
      await new Promise((resolve) => posthog.onFeatureFlags(resolve));
      button.click();
      posthog.capture("$pageleave");`);
    const { org, key, page, asked, said } = opened;
    const events = await readStored(org, 7);
    const before = await page.evaluate("before");
    const of = (type: string): Json => events.find(({ event_type }) => event_type === type) ?? {};
    expect(events.map(({ event_type }) => event_type).sort()).toEqual([
      ...["$autocapture", "$pageleave", "Order Paid", "alias", "group", "identify", "page_view"],
    ]);
    expect(of("Order Paid")).toMatchObject({
      ...{
        event_id: expect.stringMatching(/^posthog:[0-9a-f-]{36}$/),
        user_id: before,
        session_id: expect.any(String),
      },
      ...{ timestamp: "2026-11-22T10:00:01.000Z", properties: { total: 12.5, distinct_id: before } },
    });
    expect(of("page_view")).toMatchObject({
      properties: { url: `${site.origin}/cart?x=1`, path: "/cart", title: "A shop" },
    });
    expect(of("identify")).toMatchObject({
      ...{ user_id: "ada", anonymous_id: before, properties: { email: "ada@example.com" } },
      context: { source: { $set_once: { first: "/cart" } } },
    });
    expect(of("group")).toMatchObject({ user_id: "ada", properties: { group_id: "acme", employees: 12 } });
    expect(of("alias")).toMatchObject({ user_id: "ada", properties: { previous_id: "ada@example.com" } });
    expect(of("$autocapture")).toMatchObject({
      properties: { $event_type: "click", $elements_chain: expect.stringContaining("Buy") },
    });
    expect(JSON.stringify(events)).not.toContain(key);
    // Nothing is asked of the vendor, and the console has nothing to tell.
    expect([...new Set(asked.map(({ url }) => new URL(url).origin))].sort()).toEqual(
      [site.origin, product.baseUrl].sort(),
    );
    const paths = new Set(
      asked
        .map(({ url }) => new URL(url))
        .filter(({ origin }) => origin === product.baseUrl)
        .map(({ pathname }) => pathname),
    );
    expect([...paths].sort()).toEqual([`/array/${key}/config.js`, "/e/", "/flags/", "/i/v0/e/"]);
    expect([said, await page.evaluate("errors")]).toEqual([[], []]);
    await page.close();
  });

  it.each<[string, Options]>([
    ["JSON, which needs a preflight", { init: { disable_compression: true } }],
    ["JSON with cookies", { init: { disable_compression: true, fetch_options: { credentials: "include" } } }],
    ["gzip by XHR", { init: { api_transport: "XHR" } }],
    ["gzip by beacon", { init: { api_transport: "sendBeacon" } }],
    ["base64 by beacon", { init: { api_transport: "sendBeacon", disable_compression: true } }],
    ["settings as JSON, as its build without scripts of others asks for them", { sdk: "inside" }],
    ["no settings at all", { init: { advanced_disable_flags: true } }],
  ])("sends by %s", async (_, { init, sdk = "posthog" }) => {
    const opened = await open(paid, { init: { ...quiet, ...init }, sdk });
    expect(await readStored(opened.org, 1)).toMatchObject([{ event_type: "Order Paid", properties: { total: 12.5 } }]);
    expect([opened.said, await opened.page.evaluate("errors")]).toEqual([[], []]);
    await opened.page.close();
  });

  it("starts though what it wants of the vendor is not there, and the answer to each is none", async () => {
    const init = { capture_exceptions: true, capture_performance: { web_vitals: true }, capture_dead_clicks: true };
    const opened = await open(
      `${paid}
      globalThis.surveys = await new Promise((resolve) => posthog.getSurveys(resolve));
      posthog.startSessionRecording();
      posthog.reloadFeatureFlags();
      await new Promise((resolve) => posthog.onFeatureFlags(resolve));
      globalThis.flag = String(posthog.isFeatureEnabled("new-checkout"));
      posthog.capture("after");`,
      { init: { ...quiet, ...init, enable_heatmaps: true } },
    );
    const events = await readStored(opened.org, 2);
    expect(events.map(({ event_type }) => event_type)).toEqual(expect.arrayContaining([...["Order Paid", "after"]]));
    expect(await opened.page.evaluate("[surveys, flag]")).toEqual([[], "undefined"]);
    await opened.page.close();
  });

  it("has a bad event in quarantine, and its neighbours stored, and hears of success", async () => {
    const calls = `posthog.capture("x".repeat(201)); ${paid} posthog.capture(" y");`;
    const { org, page, said } = await open(calls, { init: quiet });
    expect(await readSettled(org, 3)).toMatchObject({ stored: 1, quarantined: 2 });
    expect([said, await page.evaluate("errors")]).toEqual([[], []]);
    await page.close();
  });

  it.each(["wrong", "revoked", "of another site"])(
    "is told of a key that is %s, asks once, and drops",
    async (what) => {
      const [org, proxy] = await Promise.all([
        makeOrg(["events:write", "events:read", "keys:manage"]),
        startProxy(product.baseUrl, []),
      ]);
      const made = await makePageKey(org, what === "of another site" ? "https://shop.example" : site.origin);
      if (what === "revoked") await made.revoke();
      const key = what === "wrong" ? `${made.key.slice(0, -1)}_` : made.key;
      const opened = await open(paid, { key, url: proxy.url, init: quiet });
      const [[status, text] = [0, ""]] = await told(opened, 1);
      const { code, origins } = JSON.parse(text) as Json;
      const refusals = { wrong: [401, "credential_malformed"], revoked: [401, "credential_revoked"] };
      if (what === "of another site")
        expect([status, code, origins]).toEqual([403, "origin_refused", ["https://shop.example"]]);
      else expect([status, code]).toEqual(refusals[what as "wrong"]);
      expect(proxy.requests()).toBe(1);
      await Promise.all([opened.page.close(), proxy.close()]);
    },
  );

  it.each(faults)("after %s it %s", async (_, what, fault) => {
    const proxy = await startProxy(product.baseUrl, [fault]);
    const opened = await open(paid, { url: proxy.url, init: quiet });
    const isDropped = what.startsWith("drops");
    if (isDropped) expect(await told(opened, 1)).toEqual([[429, ""]]);
    else {
      await until(async () => proxy.requests() === 2 || undefined);
      const count = fault === "lost" ? 2 : 1;
      expect(await readSettled(opened.org, count)).toMatchObject({ stored: 1, duplicate: count - 1 });
      expect(await readStored(opened.org, 1)).toMatchObject([
        { event_type: "Order Paid", properties: { total: 12.5 } },
      ]);
    }
    await Promise.all([opened.page.close(), proxy.close()]);
  });

  it("sends by beacon what it holds when its page is left", async () => {
    const init = {
      ...quiet,
      capture_pageview: true,
      capture_pageleave: true,
      request_queue_config: { flush_interval_ms: 5_000 },
    };
    const { org, page } = await open(paid, { init });
    await page.goto(`${site.origin}/left`);
    const types = (await readStored(org, 3)).map(({ event_type }) => event_type).sort();
    expect(types).toEqual(["$pageleave", "Order Paid", "page_view"]);
    expect(await readSettled(org, 3)).toMatchObject({ stored: 3, quarantined: 0 });
    await page.close();
  });
});

describe("what is asked with cookies", () => {
  const ask = (path: string, method = "GET") =>
    `fetch(${JSON.stringify(product.baseUrl + path)}, { method: "${method}", credentials: "include",
      ...${method === "POST" ? '{ body: "{}", headers: { "content-type": "application/json" } }' : "{}"} })
      .then(({ status }) => status, () => "not readable")`;

  it("may be read of what PostHog's SDK of pages asks, and of nothing else", async () => {
    const { page } = await site.open();
    const readable = ["/array/hrp_x/config", "/array/hrp_x/config.js"];
    for (const path of readable) expect([path, await page.evaluate(ask(path))]).toEqual([path, 200]);
    expect(await page.evaluate(ask("/flags/?v=2", "POST"))).toBe(200);
    for (const path of ["/e/", "/i/v0/e/"]) expect(await page.evaluate(ask(path, "POST"))).toBe(401);
    for (const path of [
      "/batch/",
      "/api/v1/events",
      "/v1/t",
      "/v1/logs",
      "/i/v1/analytics/events",
      "/api/v1/auth/refresh",
    ])
      expect([path, await page.evaluate(ask(path, "POST"))]).toEqual([path, "not readable"]);
    for (const path of ["/api/v1/events", "/v1/projects/hrp_x/settings", "/api/v1/auth/jwks.json"])
      expect([path, await page.evaluate(ask(path))]).toEqual([path, "not readable"]);
    await page.close();
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passingFaults, startProxy } from "../../support/fault-proxy.ts";
import { makeOrg, product, type TestOrg } from "../../support/product.ts";
import { makePageKey, type SdkPage, type SdkSite, startSdkSite } from "../../support/sdk-page.ts";
import { readSettled, readStored } from "../../support/stored-events.ts";
import { until } from "../../support/until.ts";

const contents =
  'import { AnalyticsBrowser } from "@segment/analytics-next"; globalThis.AnalyticsBrowser = AnalyticsBrowser;';

let site: SdkSite;
beforeAll(async () => {
  site = await startSdkSite(contents);
});
afterAll(async () => site?.close());

const makeOwner = (): Promise<TestOrg> => makeOrg(["events:write", "events:read", "keys:manage"]);

/** A page where the SDK has started, by a proxy or not, and made these calls; what they give. */
async function open(key: string, calls: string, more: { url?: string; options?: object } = {}) {
  const { url = product.baseUrl, options } = more;
  const opened: SdkPage = await site.open("/cart?x=1");
  // A proxy is not what the settings name.
  const where = { apiHost: `${new URL(url).host}/v1`, protocol: "http" };
  const load = [
    { writeKey: key, cdnURL: url },
    url === product.baseUrl && !options ? {} : { integrations: { "Segment.io": { ...where, ...options } } },
  ];
  const given: unknown = await opened.page.evaluate(`(async () => {
    const analytics = AnalyticsBrowser.load(...${JSON.stringify(load)});
    globalThis.failed = [];
    analytics.on("error", ({ code, reason }) => failed.push(code + ": " + reason.message));
    ${calls}
  })()`);
  return { ...opened, given, failed: () => opened.page.evaluate<string[]>("failed") };
}

describe("@segment/analytics-next 1.84.3 in a page of another site", () => {
  it("starts and sends with a URL and a key, and asks the vendor for nothing", async () => {
    const org = await makeOwner();
    const { key } = await makePageKey(org, site.origin);
    const calls = `
      await analytics.identify("ada", { email: "ada@example.com" });
      await analytics.page("Cart");
      return (await analytics.track("Order Paid", { total: 12.5 })).event.type;`;
    const { page, asked, given } = await open(key, calls);
    expect(given).toBe("track");
    const events = await readStored(org, 3);
    expect(events).toMatchObject([
      { event_type: "identify", user_id: "ada", properties: { email: "ada@example.com" } },
      {
        event_type: "page_view",
        user_id: "ada",
        properties: { name: "Cart", path: "/cart", search: "?x=1", title: "A shop" },
      },
      { event_type: "Order Paid", user_id: "ada", properties: { total: 12.5 }, context: { source: { type: "track" } } },
    ]);
    expect(JSON.stringify(events)).not.toContain(key);
    expect([...new Set(asked.map(({ url }) => new URL(url).origin))].sort()).toEqual(
      [site.origin, product.baseUrl].sort(),
    );
    await page.close();
  });

  it("sends in a batch what it holds when its page is left", async () => {
    const org = await makeOwner();
    const { key } = await makePageKey(org, site.origin);
    const deliveryStrategy = { strategy: "batching", config: { size: 10, timeout: 60_000 } };
    const calls = 'await analytics.track("Seen"); await analytics.track("Left");';
    const { page, asked } = await open(key, calls, { options: { deliveryStrategy } });
    expect(asked.filter(({ method }) => method === "POST")).toEqual([]);
    await page.goto(`${site.origin}/left`);
    const events = await readStored(org, 2);
    expect(events).toMatchObject([{ event_type: "Seen" }, { event_type: "Left" }]);
    expect(new Set(events.map(({ receipt_id }) => receipt_id)).size).toBe(1);
    await page.close();
  });

  it("has a bad event delivered to quarantine, and its neighbours stored", async () => {
    const org = await makeOwner();
    const { key } = await makePageKey(org, site.origin);
    const calls = 'await analytics.track("x".repeat(201)); await analytics.track("Order Paid");';
    const { page, failed } = await open(key, calls);
    expect(await readSettled(org, 2)).toMatchObject({ stored: 1, quarantined: 1 });
    expect(await failed()).toEqual([]);
    await page.close();
  });

  it.each(["wrong", "revoked"])("says that an event is not delivered for a %s key, and asks once", async (what) => {
    const org = await makeOwner();
    const { key, revoke } = await makePageKey(org, site.origin);
    if (what === "revoked") await revoke();
    const proxy = await startProxy(product.baseUrl, []);
    const sent = what === "wrong" ? `${key.slice(0, -1)}!` : key;
    const { page, failed } = await open(sent, 'await analytics.track("x");', { url: proxy.url });
    expect(await failed()).toEqual(["delivery_failure: Non-retryable error: 401"]);
    expect(proxy.requests()).toBe(1);
    await page.close();
    await proxy.close();
  });

  it.each(passingFaults)("sends again after %s, and the event is stored once", async (_, fault) => {
    const org = await makeOwner();
    const { key } = await makePageKey(org, site.origin);
    const proxy = await startProxy(product.baseUrl, [fault]);
    const { page, failed } = await open(key, 'await analytics.track("Order Paid");', { url: proxy.url });
    await until(async () => (proxy.requests() === 2 ? true : undefined));
    const count = fault === "lost" ? 2 : 1;
    expect(await readSettled(org, count)).toMatchObject({ stored: 1, duplicate: count - 1 });
    expect(await failed()).toEqual([]);
    await page.close();
    await proxy.close();
  });
});

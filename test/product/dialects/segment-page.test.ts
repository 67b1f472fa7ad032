import { afterAll, beforeAll, expect, it } from "vitest";
import { makeOrg, product } from "../../support/product.ts";
import { makePageKey, type SdkSite, startSdkSite } from "../../support/sdk-page.ts";
import { readStored } from "../../support/stored-events.ts";

const contents =
  'import { AnalyticsBrowser } from "@segment/analytics-next"; globalThis.AnalyticsBrowser = AnalyticsBrowser;';

let site: SdkSite;
beforeAll(async () => {
  site = await startSdkSite(contents);
});
afterAll(async () => site?.close());

it("@segment/analytics-next 1.84.3 starts and sends from a page of another site with a URL and a key, and nothing from the vendor", async () => {
  const org = await makeOrg(["events:write", "events:read", "keys:manage"]);
  const { key } = await makePageKey(org, site.origin);
  const { page, asked } = await site.open("/cart?x=1");
  const load = { writeKey: key, cdnURL: product.baseUrl };
  const delivered = await page.evaluate(`(async () => {
    const analytics = AnalyticsBrowser.load(${JSON.stringify(load)});
    await analytics.identify("ada", { email: "ada@example.com" });
    await analytics.page("Cart");
    const context = await analytics.track("Order Paid", { total: 12.5 });
    return context.event.type;
  })()`);
  expect(delivered).toBe("track");
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
  expect(JSON.stringify(events)).not.toContain(load.writeKey);
  expect([...new Set(asked.map(({ url }) => new URL(url).origin))].sort()).toEqual(
    [site.origin, product.baseUrl].sort(),
  );
  await page.close();
});

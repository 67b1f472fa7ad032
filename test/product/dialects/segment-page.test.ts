import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startChromium } from "../../support/chromium.ts";
import { makeOrg, product, request, type TestOrg } from "../../support/product.ts";
import { readStored } from "../../support/stored-events.ts";

/** A page with the SDK as an app has it: bundled, from another origin. */
async function bundle(): Promise<string> {
  const contents =
    'import { AnalyticsBrowser } from "@segment/analytics-next"; globalThis.AnalyticsBrowser = AnalyticsBrowser;';
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    ...{ bundle: true, write: false, format: "iife", platform: "browser", target: "es2022", logLevel: "error" },
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return outputFiles[0]?.text ?? "";
}

let script = "";
const site = createServer(({ url }, response) => {
  if (url === "/sdk.js") response.writeHead(200, { "content-type": "text/javascript; charset=utf-8" }).end(script);
  else
    response
      .writeHead(200, { "content-type": "text/html" })
      .end('<title>A shop</title><script src="/sdk.js"></script>');
});
let browser: Awaited<ReturnType<typeof startChromium>>;
let org: TestOrg;
beforeAll(async () => {
  site.listen(0, "127.0.0.1");
  [browser, script, org] = await Promise.all([
    startChromium(),
    bundle(),
    makeOrg(["events:write", "events:read", "keys:manage"]),
    once(site, "listening"),
  ]);
});
afterAll(async () => {
  await browser?.close();
  site.close();
});

it("@segment/analytics-next 1.84.3 starts and sends from a page of another site with a URL and a key, and nothing from the vendor", async () => {
  const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  const made = await request("/api/v1/keys", {
    method: "POST",
    headers: { authorization: `Bearer ${org.key}` },
    body: JSON.stringify({ name: "pages", scopes: ["events:write"], origins: [origin] }),
  });
  const page = await browser.context.newPage();
  const asked: string[] = [];
  page.on("request", (one) => void asked.push(new URL(one.url()).origin));
  await page.goto(`${origin}/cart?x=1`);
  const load = { writeKey: String(made.body.key), cdnURL: product.baseUrl };
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
  expect([...new Set(asked)].sort()).toEqual([origin, product.baseUrl].sort());
  await page.close();
});

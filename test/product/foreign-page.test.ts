import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
// biome-ignore lint/correctness/noUnresolvedImports: it exports through CommonJS, which the rule does not see.
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { queryAll, sql } from "../../shared/store/cosmos.ts";
import { startChromium } from "../support/chromium.ts";
import { cosmos, product, until } from "../support/product.ts";

const site = createServer((_, response) => {
  response.writeHead(200, { "content-type": "text/html" }).end("<title>a shop</title>");
});
let context: BrowserContext;
let close: () => Promise<void>;
beforeAll(async () => {
  site.listen(0, "127.0.0.1");
  await Promise.all([once(site, "listening"), startChromium().then((started) => ({ context, close } = started))]);
});
afterAll(async () => {
  await close?.();
  site.close();
});

/** Opens a page of someone else's site, and runs a script in it. Gives the statuses that the host answered. */
async function visit(url: string, script: string): Promise<number[]> {
  const page: Page = await context.newPage();
  const statuses: number[] = [];
  page.on("response", (answer) => void (answer.url().includes("/admin/") && statuses.push(answer.status())));
  await page.goto(url);
  await page.evaluate(script);
  await page.close();
  return statuses;
}

/** What `persist` was asked for that is no work item ends here, as it is. */
async function readForeign(): Promise<string[]> {
  const query = sql("SELECT VALUE c.message FROM c WHERE c.org_id = @org", { org: "_service" });
  return queryAll<string>(cosmos.containers.quarantine, query);
}

const admin = `${product.baseUrl}/admin/functions/persist`;

it("a page of another site that posts work to the host by a browser on this machine has nothing done", async () => {
  const { port } = site.address() as AddressInfo;
  const body = JSON.stringify({ input: "planted by a page" });
  const script = `Promise.all([
    fetch("${admin}", { method: "POST", mode: "no-cors", body: ${JSON.stringify(body)} }),
    fetch("${admin}", { method: "POST", mode: "no-cors", referrerPolicy: "no-referrer", body: ${JSON.stringify(body)} }),
    new Promise((resolve) => {
      const image = new Image();
      image.onload = image.onerror = resolve;
      image.src = "${product.baseUrl}/admin/warmup";
    }),
  ]).then(() => undefined)`;
  expect(await visit(`http://shop.example:${port}/`, script)).toEqual([403, 403, 403]);

  const headers = { "x-functions-key": product.adminKey };
  const own = await fetch(admin, { method: "POST", headers, body: '{"input":"asked for by hand"}' });
  expect(own.status).toBe(202);
  await until(async () => ((await readForeign()).includes("work queue: asked for by hand") ? true : undefined));
  expect(await readForeign()).not.toContain("work queue: planted by a page");
});

it("a name of another site that leads to the host itself (DNS rebinding) opens nothing", async () => {
  const rebound = `http://shop.example:${new URL(product.baseUrl).port}`;
  const script = `Promise.all([
    fetch("/admin/functions"),
    fetch("/admin/functions/persist", { method: "POST", body: '{"input":"x"}' }),
  ]).then(() => undefined)`;
  expect(await visit(`${rebound}/`, script)).toEqual([403, 403]);
});

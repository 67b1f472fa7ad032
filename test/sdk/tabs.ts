// biome-ignore lint/correctness/noUnresolvedImports: it exports through CommonJS, which the rule does not see.
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { eventually } from "../cli/support.ts";
import type { RunningProduct, TestOrg } from "../support/connect-product.ts";
import type { Fault, FaultyProxy } from "./faulty-proxy.ts";
import type { Shop } from "./shop.ts";

export interface Site {
  readonly org: TestOrg;
  /** A publishable one, for the pages of the shop. */
  readonly key: string;
}

export async function makeSite({ makeOrg, request }: RunningProduct, origin: string): Promise<Site> {
  const org = await makeOrg(["events:write", "events:read", "keys:manage"]);
  const body = JSON.stringify({ name: "p", scopes: ["events:write"], origins: [origin] });
  const headers = { authorization: `Bearer ${org.key}` };
  return { org, key: String((await request("/api/v1/keys", { method: "POST", headers, body })).body.key) };
}

/** Code that opens `client` on the queue of this name, and keeps what it warns of in `told`. */
export function open(endpoint: string, key: string, name: string): string {
  const settings = JSON.stringify({ endpoint, key, flushIntervalMs: 20, maxPauseMs: 100, maxBatchEvents: 30 });
  const queue = JSON.stringify({ name, maxEvents: 100_000 });
  return `
    globalThis.told = [];
    globalThis.client = headrace.createClient({
      ...${settings},
      queue: headrace.createIndexedDbQueue(${queue}),
      onDiagnostic: ({ kind, code }) => kind === "warning" && told.push(code),
    });`;
}

/** Code that tracks events by tens, and calls `kept` with the id of each and how it is kept. */
export function track(name: string, count: number): string {
  return `
    for (let i = 0; i < ${count}; i += 10) {
      const ids = Array.from({ length: Math.min(10, ${count} - i) }, (_, j) => ${JSON.stringify(name)} + "-" + (i + j));
      const tracked = await Promise.all(ids.map((eventId) => client.track("kept", { i }, { eventId })));
      for (const { eventId, kept: how } of tracked) await kept(eventId, how);
    }`;
}

/** A page in which `kept(id, how)` writes into this map. */
export async function visit(shop: Shop, kept: Map<string, unknown>): Promise<Page> {
  const page = await shop.visit();
  await page.exposeFunction("kept", (id: string, how: unknown) => void kept.set(id, how));
  return page;
}

export interface TabsOptions {
  readonly shop: Shop;
  readonly proxy: FaultyProxy;
  readonly key: string;
  /** What the proxy does while each tab lives that is closed. */
  readonly faults: readonly Fault[];
  /** Events that each tab tracks; at least half of them are kept before it is closed. */
  readonly count: number;
}

/** Closes a tab in the middle of each fault; the last one may send all. Gives the ids that were said to be kept. */
export async function closeTabs({ shop, proxy, key, faults, count }: TabsOptions): Promise<Set<string>> {
  const kept = new Map<string, unknown>();
  for (const [tab, fault] of faults.entries()) {
    proxy.fault = fault;
    const before = proxy.met.get(fault) ?? 0;
    const size = kept.size + Math.ceil(((1 + Math.random()) / 2) * count) - 5;
    const page = await visit(shop, kept);
    const code = `(async () => { ${open(proxy.url, key, "tabs")} ${track(`tab${tab}`, count)} })()`;
    const running = page.evaluate(code).catch(() => undefined);
    await eventually(() => kept.size >= size && (proxy.met.get(fault) ?? 0) > before, `tab ${tab}: ${fault}`, 60_000);
    await page.close();
    await running;
  }
  proxy.fault = "none";
  const page = await visit(shop, kept);
  const last = `${open(proxy.url, key, "tabs")} ${track("last", 5)} return [(await client.close()).pending, ...told];`;
  expect(await page.evaluate(`(async () => { ${last} })()`)).toEqual([0]);
  await page.close();
  expect(new Set(kept.values())).toEqual(new Set(["durable"]));
  return new Set(kept.keys());
}

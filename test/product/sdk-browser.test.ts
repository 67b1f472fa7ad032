// biome-ignore lint/correctness/noUnresolvedImports: it exports through CommonJS, which the rule does not see.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { eventually } from "../cli/support.ts";
import { type FaultyProxy, startFaultyProxy } from "../sdk/faulty-proxy.ts";
import { openShop, type Shop } from "../sdk/shop.ts";
import { expectStoredOnce } from "../sdk/survive.ts";
import { type Json, makeOrg, product, request, type TestOrg, until } from "../support/product.ts";

let shop: Shop;
let proxy: FaultyProxy;
beforeAll(async () => {
  [shop, proxy] = await Promise.all([openShop(), startFaultyProxy(product.baseUrl)]);
});
afterAll(async () => {
  await shop?.close();
  await proxy?.close();
});

async function makeSite(origin = shop.origin): Promise<{ readonly org: TestOrg; readonly key: string }> {
  const org = await makeOrg(["events:write", "events:read", "keys:manage"]);
  const body = JSON.stringify({ name: "p", scopes: ["events:write"], origins: [origin] });
  const headers = { authorization: `Bearer ${org.key}` };
  return { org, key: String((await request("/api/v1/keys", { method: "POST", headers, body })).body.key) };
}

/** Code that opens a client on the queue of this name, and keeps what is told in `told`. */
const open = (key: string, name: string): string => `
  globalThis.told = [];
  globalThis.client = headrace.createClient({
    endpoint: ${JSON.stringify(proxy.url)},
    key: ${JSON.stringify(key)},
    queue: headrace.createIndexedDbQueue({ name: ${JSON.stringify(name)} }),
    flushIntervalMs: 20, maxPauseMs: 100, maxBatchEvents: 30,
    onDiagnostic: ({ kind, code }) => kind === "warning" && told.push(code),
  });`;
/** Tracks events one after the other, and calls `kept` with the id and how each is kept. */
const track = (name: string, count: number): string => `
  for (let i = 0; i < ${count}; i++) {
    const { eventId, kept: how } = await client.track("kept", { i }, { eventId: ${JSON.stringify(name)} + "-" + i });
    await kept(eventId, how);
  }`;

async function visit(kept: Map<string, unknown>, site = shop): Promise<Page> {
  const page = await site.visit();
  await page.exposeFunction("kept", (id: string, how: unknown) => void kept.set(id, how));
  return page;
}
const totalsOf = async (org: TestOrg): Promise<Json> => (await org.get("/api/v1/ledger")).body.totals as Json;

it("what tabs kept that were closed amid it, while the server's answers were lost, is stored once", async () => {
  const { org, key } = await makeSite();
  const kept = new Map<string, unknown>();
  for (const [tab, fault] of (["down", "taken", "refused", "reset"] as const).entries()) {
    proxy.fault = fault;
    const before = proxy.met.get(fault) ?? 0;
    const size = kept.size;
    const page = await visit(kept);
    const running = page
      .evaluate(`(async () => { ${open(key, "tabs")} ${track(`tab${tab}`, 60)} })()`)
      .catch(() => undefined);
    await eventually(() => kept.size >= size + 30 && (proxy.met.get(fault) ?? 0) > before, `tab ${tab}: ${fault}`);
    await page.close();
    await running;
  }
  proxy.fault = "none";
  const page = await visit(kept);
  const flush = `(async () => { ${open(key, "tabs")} ${track("last", 5)} return [(await client.close()).pending, ...told]; })()`;
  expect(await page.evaluate(flush)).toEqual([0]);
  await page.close();
  expect([new Set(kept.values()), kept.size > 120]).toEqual([new Set(["durable"]), true]);
  await expectStoredOnce(org, new Set(kept.keys()));
});

it("two tabs and a worker on one queue send nothing twice and lose nothing", async () => {
  const { org, key } = await makeSite();
  const script = `importScripts("${shop.origin}/sdk.js");
    const kept = () => undefined;
    (async () => { ${open(key, "shared")} ${track("worker", 150)} postMessage((await client.flush()).pending); })()`;
  const work = `(() => new Promise((resolve) => {
    const worker = new Worker(URL.createObjectURL(new Blob([${JSON.stringify(script)}])));
    worker.onmessage = ({ data }) => resolve(data);
  }))()`;
  const code = (name: string): string =>
    `(async () => { ${open(key, "shared")} ${track(name, 150)} return (await client.flush()).pending; })()`;
  const kept = new Map<string, unknown>();
  const pages = await Promise.all([visit(kept), visit(kept), visit(kept)]);
  const done = await Promise.all(pages.map((page, i) => page.evaluate(i === 2 ? work : code(`tab${i}`))));
  expect(done).toEqual([0, 0, 0]);
  expect(kept.size).toBe(300);
  const settled = async () => ((await totalsOf(org)).settled === 450 ? totalsOf(org) : undefined);
  expect(await until(settled)).toMatchObject({ stored: 450, duplicate: 0 });
  await Promise.all(pages.map((page) => page.close()));
});

it("a record that is spoiled is told of and passed over", async () => {
  const { key } = await makeSite();
  const page = await visit(new Map());
  const spoil = `new Promise((resolve) => {
    const opening = indexedDB.open("spoiled", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("events");
    opening.onsuccess = () => {
      const transaction = opening.result.transaction("events", "readwrite");
      ["text", null, { json: 7 }].forEach((value, i) => transaction.objectStore("events").put(value, "0" + i));
      transaction.oncomplete = () => { opening.result.close(); resolve(); };
    };
  })`;
  const code = `(async () => {
    await ${spoil};
    ${open(key, "spoiled")} ${track("beside", 3)}
    return [(await client.flush()).pending, ...told];
  })()`;
  expect(await page.evaluate(code)).toEqual([0, "queue_spoiled"]);
  await page.close();
});

it("where the database is full, somebody is told once, and memory goes on", async () => {
  // A browser remembers for a while how much room an origin has: this one is new to it.
  const full = await openShop();
  onTestFinished(() => full.close());
  const { org, key } = await makeSite(full.origin);
  const kept = new Map<string, unknown>();
  const page = await visit(kept, full);
  const session = await full.context.newCDPSession(page);
  await session.send("Storage.overrideQuotaForOrigin", { origin: full.origin, quotaSize: 1 });
  const code = `(async () => { ${open(key, "full")} ${track("full", 5)} return [(await client.flush()).pending, ...told]; })()`;
  expect(await page.evaluate(code)).toEqual([0, "queue_unusable"]);
  expect(new Set(kept.values())).toEqual(new Set(["memory"]));
  await until(async () => ((await totalsOf(org)).stored === 5 ? true : undefined));
});

it("where the database is not allowed, as in a sandboxed frame, memory goes on", async () => {
  const page = await shop.visit();
  const inside = `${open("hrp_acme_stub", "denied")}
    client.track("seen").then(({ kept }) => parent.postMessage([kept, ...told], "*"));`;
  const code = `new Promise((resolve) => {
    addEventListener("message", ({ data }) => resolve(data));
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-scripts";
    frame.srcdoc = '<script src="${shop.origin}/sdk.js"></' + "script><script>" + ${JSON.stringify(inside)} + "</" + "script>";
    document.body.append(frame);
  })`;
  expect(await page.evaluate(code)).toEqual(["memory", "queue_unusable"]);
  await page.close();
});

import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { type FaultyProxy, startFaultyProxy } from "../sdk/faulty-proxy.ts";
import { openShop, type Shop } from "../sdk/shop.ts";
import { expectStoredOnce } from "../sdk/survive.ts";
import { closeTabs, makeSite, open as openAt, track, visit } from "../sdk/tabs.ts";
import { type Json, product, running, type TestOrg, until } from "../support/product.ts";

let shop: Shop;
let proxy: FaultyProxy;
beforeAll(async () => {
  [shop, proxy] = await Promise.all([openShop(), startFaultyProxy(product.baseUrl)]);
});
afterAll(async () => {
  await shop?.close();
  await proxy?.close();
});

const open = (key: string, name: string): string => openAt(proxy.url, key, name);
const totalsOf = async (org: TestOrg): Promise<Json> => (await org.get("/api/v1/ledger")).body.totals as Json;

it("what tabs kept that were closed amid it, while the server's answers were lost, is stored once", async () => {
  const { org, key } = await makeSite(running, shop.origin);
  const kept = await closeTabs({ shop, proxy, key, faults: ["down", "taken", "refused", "reset"], count: 60 });
  expect(kept.size).toBeGreaterThan(100);
  await expectStoredOnce(org, kept);
});

it("two tabs and a worker on one queue send nothing twice and lose nothing", async () => {
  const { org, key } = await makeSite(running, shop.origin);
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
  const pages = await Promise.all([visit(shop, kept), visit(shop, kept), visit(shop, kept)]);
  const done = await Promise.all(pages.map((page, i) => page.evaluate(i === 2 ? work : code(`tab${i}`))));
  expect(done).toEqual([0, 0, 0]);
  expect(kept.size).toBe(300);
  const settled = async () => ((await totalsOf(org)).settled === 450 ? totalsOf(org) : undefined);
  expect(await until(settled)).toMatchObject({ stored: 450, duplicate: 0 });
  await Promise.all(pages.map((page) => page.close()));
});

it("a record that is spoiled is told of and passed over", async () => {
  const { key } = await makeSite(running, shop.origin);
  const page = await visit(shop, new Map());
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
  const { org, key } = await makeSite(running, full.origin);
  const kept = new Map<string, unknown>();
  const page = await visit(full, kept);
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

import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { eventually, makeFolder } from "../cli/support.ts";
import { startTestStack, type TestStack } from "../support/start-test-stack.ts";
import { faults, startFaultyProxy } from "./faulty-proxy.ts";
import { openShop } from "./shop.ts";
import { expectStoredOnce, liveAndDie, startLife } from "./survive.ts";
import { closeTabs, makeSite } from "./tabs.ts";

const KILLS = 20;
/** Of each life, which keeps at least half of them before it is killed. */
const EVENTS = 1_000;

let started: TestStack;
beforeAll(async () => {
  // What a killed host had in hand is hidden for 10 minutes otherwise.
  started = await startTestStack({ hostArgs: ["--queue-lease", "5"] });
});
afterAll(() => started?.end());

it("10,000 events, 20 kills of the client, a server that is killed, refuses, resets and is slow: all kept are stored once", async () => {
  const { stack, product } = started;
  const org = await product.makeOrg();
  const proxy = await startFaultyProxy(stack.baseUrl);
  onTestFinished(() => proxy.close());
  const kept = await liveAndDie({
    ...{ proxy, org, folder: makeFolder(), count: EVENTS },
    faults: Array.from({ length: KILLS }, (_, life) => faults[life % faults.length] ?? "none"),
    disturb: async (life) => {
      if (life % 5 !== 2) return;
      await stack.kill("functions-host");
      await stack.restart("functions-host");
    },
  });
  expect(kept.size).toBeGreaterThan(10_000);
  await expectStoredOnce(org, kept, 240_000);
  for (const fault of faults) expect(proxy.met.get(fault) ?? 0).toBeGreaterThan(0);
}, 900_000);

it("10,000 events, 20 tabs that are closed, a server that refuses, resets, is slow and away: all kept are stored once", async () => {
  const { stack, product } = started;
  const [shop, proxy] = await Promise.all([openShop(), startFaultyProxy(stack.baseUrl)]);
  onTestFinished(async () => {
    await shop.close();
    await proxy.close();
  });
  const { org, key } = await makeSite(product, shop.origin);
  const each = Array.from({ length: KILLS }, (_, tab) => faults[tab % faults.length] ?? "none");
  const kept = await closeTabs({ shop, proxy, key, faults: each, count: EVENTS });
  expect(kept.size).toBeGreaterThan(9_900);
  await expectStoredOnce(org, kept, 240_000);
}, 900_000);

it("a process that stands still with the lock holds the others up for 15 seconds, and loses nothing when it goes on", async () => {
  const { stack, product } = started;
  const org = await product.makeOrg();
  const proxy = await startFaultyProxy(stack.baseUrl);
  onTestFinished(() => proxy.close());
  const folder = makeFolder();
  proxy.fault = "slow";
  const first = startLife(proxy.url, org.key, folder, "first", 100);
  await eventually(() => first.kept().length === 100 && proxy.met.has("slow"), "a request of the first is under way");
  first.child.kill("SIGSTOP");
  proxy.fault = "none";
  const stopped = performance.now();
  const second = startLife(proxy.url, org.key, folder, "second", 100);
  await new Promise((resolve) => second.child.once("close", resolve));
  expect(performance.now() - stopped).toBeGreaterThan(10_000);
  const ended = new Promise((resolve) => first.child.once("close", resolve));
  first.child.kill("SIGCONT");
  await ended;
  expect([first.others(), second.others()]).toEqual([["closed 0"], ["closed 0"]]);
  await expectStoredOnce(org, new Set([...first.kept(), ...second.kept()]));
});

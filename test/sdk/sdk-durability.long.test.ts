import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { makeFolder } from "../cli/support.ts";
import { startTestStack, type TestStack } from "../support/start-test-stack.ts";
import { faults, startFaultyProxy } from "./faulty-proxy.ts";
import { expectStoredOnce, liveAndDie } from "./survive.ts";

const KILLS = 20;
/** Of each life, which keeps at least half of them before it is killed. */
const EVENTS = 1_000;

let started: TestStack;
beforeAll(async () => {
  // What a killed host had in hand is hidden for 10 minutes otherwise.
  started = await startTestStack({ hostArgs: ["--queue-lease", "5"] });
}, 120_000);
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

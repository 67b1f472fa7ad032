import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { HOUR_MS, LIFETIME_MS, showTruth, startWithIdentity, type WithIdentity } from "../support/managed-identity.ts";
import { until } from "../support/until.ts";

let world: WithIdentity;
beforeAll(async () => {
  world = await startWithIdentity();
});
afterAll(() => world.end());

test("nobody notices while the identity hangs and the tokens are good", async () => {
  const { stack, services, setFault } = world;
  await services.allWork();
  const began = performance.now();
  await services.allWork();
  const usual = performance.now() - began;
  onTestFinished(() => setFault());
  setFault("hang");
  // Past the half of a day-long token, when it is asked for again.
  await stack.clock?.advance(13 * HOUR_MS);
  const asked = performance.now();
  // Again, when a request came before the host knew the time: what it had asked for counts as old.
  await services.allWork();
  // Whoever waits for it waits 10 s or more; how long the rest takes is the machine's affair.
  expect(performance.now() - asked).toBeLessThan(8_000 + 3 * usual);
  expect(await services.findFailing()).toEqual([]);
  setFault();
  await stack.clock?.advance(LIFETIME_MS);
  await services.allWork();
});

test.each([
  ["nothing", "it answers 200 without a token"],
  ["other-resource", "the managed identity's token is for another service"],
] as const)(
  "readiness tells the truth while the identity answers `%s`, the log says why, and all work again",
  (fault, said) => showTruth(world, fault, said),
);

test("tokens with a minute left are used, and asked for again without haste", async () => {
  const { stack, services, setFault, countOf } = world;
  await services.allWork();
  onTestFinished(() => setFault());
  setFault("short");
  await stack.clock?.advance(LIFETIME_MS);
  await services.allWork();
  const [before, started] = [countOf("short"), performance.now()];
  while (performance.now() - started < 3_000) expect(await services.findFailing()).toEqual([]);
  expect(countOf("short") - before).toBeLessThan(40);
});

test("a refresh that fails while nobody waits does not end the process", async () => {
  const { stack, product, services, setFault, readLog } = world;
  // A new process: all of its tokens are new. One that runs may send over a link that an old one opened.
  await stack.restart("functions-host");
  await services.allWork();
  const pid = stack.pids()["functions-host"];
  onTestFinished(() => setFault());
  setFault("unavailable");
  // The SDKs are given tokens that soon end, and come back for others in the background.
  await stack.clock?.advance(24 * HOUR_MS - 100_000);
  await services.allWork();
  await stack.clock?.advance(110_000);
  await services.findFailing();
  await stack.clock?.advance(60_000);
  await until(async () => (readLog().includes("a failure that nobody awaited") ? true : undefined), 40_000);
  expect([(await product.request("/api/health/live")).status, stack.pids()["functions-host"]]).toEqual([200, pid]);
  setFault();
  await services.allWork();
});

import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { LIFETIME_MS, showTruth, startWithIdentity, type WithIdentity } from "../support/managed-identity.ts";
import { until } from "../support/until.ts";

let world: WithIdentity;
beforeAll(async () => {
  world = await startWithIdentity();
});
afterAll(() => world.end());

// First, while the process has not asked for a token yet.
test("all services work when every first request for a token was swallowed", async () => {
  const { services, setFault, countOf, readLog } = world;
  setFault("hang");
  const asked = services.findFailing();
  await until(async () => (countOf("hang") >= 4 ? true : undefined));
  setFault();
  await asked;
  await services.allWork();
  expect(readLog()).toContain("a source of the managed identity's tokens fails");
});

test("all services work after the header was rotated and every token has ended", async () => {
  const { stack, services } = world;
  await services.allWork();
  stack.rotateIdentityHeader();
  await stack.clock?.advance(LIFETIME_MS);
  await services.allWork();
});

test("all services work after the role was taken away and given back", async () => {
  const { stack, services } = world;
  await services.allWork();
  const setForbidden = (forbidden: number): void => {
    for (const name of ["cosmos", "event-hubs", "blob", "queue", "key-vault"] as const)
      stack.setFaults(name, { forbidden });
  };
  onTestFinished(() => setForbidden(0));
  setForbidden(1);
  await services.allFail(["blob", "blobs", "cosmos-db", "query", "queues", "rotate", "send"]);
  setForbidden(0);
  await services.allWork();
});

test.each([
  ["html", "it answers 200 without a token"],
  ["expired", "the token has expired at"],
] as const)(
  "readiness tells the truth while the identity answers `%s`, the log says why, and all work again",
  (fault, said) => showTruth(world, fault, said),
);

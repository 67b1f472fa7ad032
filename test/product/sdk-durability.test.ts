import { expect, it, onTestFinished } from "vitest";
import { makeFolder } from "../cli/support.ts";
import { startFaultyProxy } from "../sdk/faulty-proxy.ts";
import { expectStoredOnce, liveAndDie } from "../sdk/survive.ts";
import { makeOrg, product } from "../support/product.ts";

it("what `track` said to be kept is stored, and once, though the client is killed and the server's answers are lost", async () => {
  const org = await makeOrg();
  const proxy = await startFaultyProxy(product.baseUrl);
  onTestFinished(() => proxy.close());
  const kept = await liveAndDie({
    ...{ proxy, org, folder: makeFolder(), count: 60 },
    faults: ["none", "taken", "refused", "reset", "cut"],
  });
  expect(kept.size).toBeGreaterThan(60);
  await expectStoredOnce(org, kept);
});

import { CosmosClient, ErrorResponse } from "@azure/cosmos";
import { expect, it, onTestFinished } from "vitest";
import { createCosmosEventStore } from "../../../shared/event/cosmos-event-store.ts";
import type { EventDocument } from "../../../shared/event/event-store.ts";
import { databaseName } from "../../../shared/store/containers.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";

const KEY = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==";
/** Of different partition ranges, of the three that there are. */
const [busy, calm] = ["acme", "b"];
const at = "2026-11-22T10:00:00.000Z";
const event = (org_id: string, id: string): EventDocument => ({
  ...{ id, org_id, event_id: id, event_type: "seen", timestamp: at, received_at: at, receipt_id: "r1", index: 0 },
});

/** An account whose ranges may spend so much, by a clock of ours, and a client that does not wait for them. */
async function start(ruPerSecond: number) {
  let ms = 0;
  const { endpoint } = await startCosmosAccount({ throughput: { ruPerSecond, now: () => ms } });
  const retryOptions = { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 0 };
  const client = new CosmosClient({ endpoint, key: KEY, connectionPolicy: { retryOptions } });
  onTestFinished(() => client.dispose());
  const items = client.database(databaseName).container("events").items;
  const create = async (org: string, id: string): Promise<number | { after: number | undefined }> => {
    try {
      return (await items.create(event(org, id))).requestCharge;
    } catch (error) {
      if (error instanceof ErrorResponse && error.code === 429) return { after: error.retryAfterInMs };
      throw error;
    }
  };
  const pass = (more: number): void => {
    ms += more;
  };
  return { create, pass };
}

it("a partition range spends what it has in a second, and then says when it has some again; others go on", async () => {
  const { create, pass } = await start(30);
  const first: unknown[] = [];
  for (let n = 0; n < 8; n++) first.push(await create(busy, `a${n}`));
  const served = first.filter((answer) => typeof answer === "number");
  // The last one is served whole.
  expect(served.reduce((sum, charge) => sum + charge, 0)).toBeGreaterThanOrEqual(30);
  expect(first.slice(served.length)).toEqual(Array.from({ length: 8 - served.length }, () => ({ after: 1_000 })));
  expect(served.length).toBeLessThan(8);
  expect(typeof (await create(calm, "a"))).toBe("number");
  pass(600);
  expect(await create(busy, "late")).toEqual({ after: 400 });
  pass(400);
  expect(typeof (await create(busy, "next"))).toBe("number");
});

it("what one org can store is what its range may spend, and another org stores beside it", async () => {
  const { cosmos } = await startCosmosAccount({ throughput: { ruPerSecond: 3_000 } });
  const store = createCosmosEventStore(cosmos.containers.events);
  const make = (org: string): EventDocument[] => Array.from({ length: 1_500 }, (_, i) => event(org, `e${i}`));
  const started = performance.now();
  const results = await store.create(make(busy));
  const seconds = (performance.now() - started) / 1_000;
  const stored = results.filter(({ status }) => status === "written").length;
  // 7 RU or so each: four bulk requests may be under way when the second is over.
  expect(stored * 6).toBeLessThan(3_000 * (Math.ceil(seconds) + 1) + 4 * 1_000);
  expect(results.filter(({ status }) => status === "unavailable").length).toBe(1_500 - stored);
  expect((await store.create([event(calm, "x")]))[0]).toEqual({ status: "written" });
});

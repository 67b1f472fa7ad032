import { QueueClient } from "@azure/storage-queue";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Stack } from "../../local/launcher/stack.ts";
import { connectProduct, type RunningProduct } from "../support/connect-product.ts";
import { startTestStack, type TestStack } from "../support/start-test-stack.ts";

const HOUR = 3_600_000;

let stack: Stack;
let product: RunningProduct;
let end: TestStack["end"];

beforeAll(async () => {
  ({ stack, product, end } = await startTestStack({ clock: true }));
});

afterAll(() => end());

/** How far the product's clock is ahead of this process's, in hours: the event gets the time of receipt. */
async function hoursAhead(event_id: string): Promise<string> {
  const org = await product.makeOrg();
  const { body } = await org.post([{ event_id, event_type: "t" }]);
  await org.settled(body.receipt_id);
  const { event } = (await org.get(`/api/v1/events/${event_id}`)).body as { event: { timestamp: string } };
  return ((Date.parse(event.timestamp) - Date.now()) / HOUR).toFixed(1);
}

test("one clock moves the host, the emulators and Azurite, and goes on from its last time after a restart", async () => {
  expect(await hoursAhead("before")).toMatch(/^-?0\.0$/);
  const queue = new QueueClient(stack.storage.connectionString ?? "", "clock-test");
  await queue.create();
  await queue.sendMessage("hidden for half an hour", { visibilityTimeout: 1_800 });
  const { quarantine } = product.cosmos.containers;
  await quarantine.items.create({ id: "a", org_id: "o", ttl: 1_800 });
  const isThere = async () => (await quarantine.item("a", ["o", "a"]).read()).statusCode === 200;
  expect((await queue.receiveMessages()).receivedMessageItems).toEqual([]);
  expect(await isThere()).toBe(true);

  await stack.clock?.advance(HOUR);
  expect(await isThere()).toBe(false);
  expect(await hoursAhead("later")).toBe("1.0");
  expect((await queue.receiveMessages()).receivedMessageItems).toHaveLength(1);
  // Nobody waits for a service that stands still; it knows the time when it goes on.
  await stack.kill("cosmos", "SIGSTOP");
  await stack.clock?.advance(-HOUR);
  await stack.clock?.advance(HOUR);
  await stack.kill("cosmos", "SIGCONT");

  for (const name of ["functions-host", "cosmos", "event-hubs", "queue"] as const) await stack.restart(name);
  expect(await hoursAhead("restarted")).toBe("1.0");
  const { resource } = await quarantine.items.create({ id: "b", org_id: "o" });
  expect(((Number(resource?._ts) * 1000 - Date.now()) / HOUR).toFixed(1)).toBe("1.0");
});

test("a second host reads the same partitions, and the product survives the end of either", async () => {
  const org = await product.makeOrg();
  const second = connectProduct({ ...stack, baseUrl: await stack.startSecondHost() });
  const other = second.withKey(org.orgId, org);
  expect((await other.post([{ event_id: "a", event_type: "t" }])).status).toBe(202);
  await stack.kill("functions-host");
  const { status, body } = await other.post([{ event_id: "b", event_type: "t" }]);
  expect(status).toBe(202);
  expect(await other.settled(body.receipt_id)).toMatchObject({ stored: 1 });
  await stack.restart("functions-host");
  await stack.kill("second-host");
  const last = await org.post([{ event_id: "c", event_type: "t" }]);
  expect(await org.settled(last.body.receipt_id)).toMatchObject({ stored: 1 });
  expect((await org.get("/api/v1/metrics/events?from=2020-01-01T00:00:00Z&interval=day")).body.total).toBe(3);
  second.close();
});

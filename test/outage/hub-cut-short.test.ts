import { readdir, readFile, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { logFileOf } from "../../local/launcher/logs.ts";
import type { Stack } from "../../local/launcher/stack.ts";
import { eventHub } from "../../shared/store/resources.ts";
import type { RunningProduct, TestOrg } from "../support/connect-product.ts";
import { startTestStack, type TestStack } from "../support/start-test-stack.ts";

let stack: Stack;
let product: RunningProduct;
let end: TestStack["end"];

beforeAll(async () => {
  ({ stack, product, end } = await startTestStack({ hostArgs: ["--ownership", "5"] }));
});

afterAll(() => end());

/** As many batches as there are turns of the partitions, so that each partition has some. */
async function sendToAll(org: TestOrg, prefix: string, turns: number): Promise<void> {
  const receipts: unknown[] = [];
  for (let i = 0; i < 4 * turns; i++) {
    const { status, body } = await org.post({ event_type: "t", event_id: `${prefix}-${i}` });
    expect(status).toBe(202);
    receipts.push(body.receipt_id);
  }
  for (const receipt of receipts) expect(await org.settled(receipt)).toMatchObject({ accepted: 1, stored: 1 });
}

async function listPartitions(): Promise<string[]> {
  const hub = join(stack.stateDir, "event-hubs", eventHub.name);
  return (await readdir(hub)).map((partition) => join(hub, partition));
}

/** What is cut off the end of each partition is lost as by a power cut: acknowledged, and never on the disk. */
async function cutEnds(): Promise<void> {
  for (const partition of await listPartitions()) {
    const segment = join(partition, (await readdir(partition)).sort().at(-1) ?? "");
    await truncate(segment, Math.floor((await stat(segment)).size / 2));
  }
}

const anew = async (): Promise<number> =>
  (await readFile(logFileOf(stack.stateDir, "functions-host"), "utf8")).split("is read anew").length - 1;

it("a hub that lost its end while the host ran is read anew, which the log says, and loses nothing that comes after", async () => {
  const org = await product.makeOrg();
  await sendToAll(org, "before", 4);
  const before = await anew();
  await stack.kill("event-hubs");
  await cutEnds();
  await stack.restart("event-hubs");
  await sendToAll(org, "after", 1);
  expect(await anew()).toBeGreaterThan(before);
  const { body } = await org.get("/api/v1/ledger");
  expect(body.totals).toEqual({ settled: 20, stored: 20, duplicate: 0, quarantined: 0 });
});

it("a hub that was made again while nothing ran is read anew, and loses nothing that comes at once", async () => {
  const org = await product.makeOrg();
  await sendToAll(org, "before", 1);
  await stack.kill("functions-host");
  await stack.kill("event-hubs");
  for (const partition of await listPartitions()) await rm(partition, { recursive: true });
  await stack.restart("event-hubs");
  await stack.restart("functions-host");
  const before = await anew();
  await sendToAll(org, "after", 1);
  expect(await anew()).toBeGreaterThan(before);
  const { body } = await org.get("/api/v1/ledger");
  expect(body.totals).toEqual({ settled: 8, stored: 8, duplicate: 0, quarantined: 0 });
});

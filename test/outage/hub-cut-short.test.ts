import { readdir, readFile, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, it } from "vitest";
import { logFileOf } from "../../local/launcher/logs.ts";
import type { Stack } from "../../local/launcher/stack.ts";
import { readOperatorKey } from "../../local/launcher/state.ts";
import { checkpointContainer, eventHub } from "../../shared/store/resources.ts";
import type { RunningProduct, TestOrg } from "../support/connect-product.ts";
import { startTestStack, type TestStack } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";

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

const readLog = (): Promise<string> => readFile(logFileOf(stack.stateDir, "functions-host"), "utf8");
const anew = async (): Promise<number> => (await readLog()).split("is read anew").length - 1;

/** As in Azure, where nobody takes such a checkpoint away: the host that runs looks at it at its next start only. */
async function moveCheckpoint(partition: string, sequenceNumber: number): Promise<void> {
  const { connectionString = "" } = stack.storage;
  const container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(checkpointContainer);
  for await (const { name, metadata } of container.listBlobsFlat({ includeMetadata: true })) {
    if (!name.endsWith(`/checkpoint/${partition}`)) continue;
    await container.getBlobClient(name).setMetadata({ ...metadata, sequencenumber: String(sequenceNumber) });
  }
}

async function readState(): Promise<unknown> {
  const headers = { authorization: `Bearer ${readOperatorKey(stack.stateDir)}` };
  return (await product.request("/api/v1/operator/state", { headers })).body.pipeline;
}

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

it("a checkpoint beyond the end is a fault in readiness, in the operator's state and in the log, until it is gone", async () => {
  const org = await product.makeOrg();
  await sendToAll(org, "before", 1);
  expect((await product.request("/api/health/ready")).status).toBe(200);
  await moveCheckpoint("2", 1_000_000);
  const ready = await until(async () => {
    const answer = await product.request("/api/health/ready");
    return answer.status === 503 ? answer.body : undefined;
  });
  const error = expect.stringMatching(/ends before its checkpoints.*: partitions 2$/) as string;
  expect(ready.checks).toContainEqual(
    expect.objectContaining({ name: "checkpoints", ok: false, required: true, error }),
  );
  const found = { partition_id: "2", checkpoint: 1_000_000, last: expect.any(Number) as number };
  expect(await readState()).toMatchObject({ cut_short_partitions: [found] });
  expect(await readLog()).toContain("a partition of the event hub ends before its checkpoint");
  await stack.restart("functions-host");
  await until(async () => ((await product.request("/api/health/ready")).status === 200 ? true : undefined));
  expect(await readState()).toMatchObject({ cut_short_partitions: [] });
  await sendToAll(org, "after", 1);
});

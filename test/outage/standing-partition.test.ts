import { readFile } from "node:fs/promises";
import { EventHubProducerClient } from "@azure/event-hubs";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, it } from "vitest";
import { proveAccount } from "../../cli/account/prove-account.ts";
import { logFileOf } from "../../local/launcher/logs.ts";
import { accessOf } from "../../local/launcher/product-access.ts";
import type { Stack } from "../../local/launcher/stack.ts";
import { packContent } from "../../shared/envelope/content.ts";
import { encodeFrame } from "../../shared/envelope/frame.ts";
import { createAzurePartitions } from "../../shared/pipeline/azure-backlog.ts";
import { createReadBacklog, type ReadBacklog } from "../../shared/pipeline/backlog.ts";
import type { StandingPartition } from "../../shared/pipeline/find-standing.ts";
import { createStorageWorkQueue } from "../../shared/pipeline/storage-work-queue.ts";
import type { KeyRing } from "../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../shared/receipt/receipt-id.ts";
import { checkpointContainer, queues } from "../../shared/store/resources.ts";
import type { RunningProduct, TestOrg } from "../support/connect-product.ts";
import { startTestStack, type TestStack } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";

let stack: Stack;
let product: RunningProduct;
let end: TestStack["end"];
let producer: EventHubProducerClient;
let readBacklog: ReadBacklog;
let keys: KeyRing;

beforeAll(async () => {
  // As the runbook has it before a checkpoint is moved: so the partition stops right before the message.
  const env = {
    AzureFunctionsJobHost__extensions__eventHubs__maxEventBatchSize: "1",
    AzureFunctionsJobHost__extensions__eventHubs__minEventBatchSize: "1",
  };
  ({ stack, product, end } = await startTestStack({ env }));
  producer = new EventHubProducerClient(stack.env.EventHubConnection ?? "", stack.env.EVENT_HUB_NAME ?? "");
  const { credential } = accessOf(stack.env);
  const names = { work: queues.work, bulk: queues.workBulk, jobs: queues.jobs };
  const queue = createStorageWorkQueue(product.config.queues, names, credential);
  // As the product reads it, but for the minute that it waits before it says so.
  readBacklog = createReadBacklog(createAzurePartitions(product.config, credential), queue, { standsAfterMs: 500 });
  // The first timer of the product makes them.
  keys = await until(() => product.readReceiptKeys().catch(() => undefined));
});

afterAll(async () => {
  await producer.close();
  await end();
});

it("a message that no trigger hands over holds its own partition; the runbook's way over it loses nothing", async () => {
  const org = await product.makeOrg();
  const [before, after, elsewhere] = [await envelope(org, "b"), await envelope(org, "a"), await envelope(org, "e")];
  const foreign = { body: "of another library", bodyType: "value" as const };
  for (const message of [before, foreign, after]) await producer.sendBatch([message], { partitionId: "0" });
  await producer.sendBatch([elsewhere], { partitionId: "1" });
  expect(await org.settled(before.receiptId)).toMatchObject({ stored: 1 });
  expect(await org.settled(elsewhere.receiptId)).toMatchObject({ stored: 1 });

  const standing = await until(readStanding);
  expect(standing).toEqual([
    { partition_id: "0", after: 0, envelopes: 2, waiting_since: expect.stringMatching(/^20\d\d-.*Z$/) as string },
  ]);
  const { pipeline } = (await org.get("/api/v1/ledger")).body as { pipeline: object };
  expect(pipeline).toMatchObject({ envelopes_to_dispatch: 2, standing_partitions: [] });
  const log = await readFile(logFileOf(stack.stateDir, "functions-host"), "utf8");
  expect(log).toMatch(/Partition 0: exception binding parameter: .* sequence number 1 has a body of type value/);

  await stack.kill("functions-host", "SIGTERM");
  await moveCheckpoint("0", 1);
  await stack.restart("functions-host");
  expect(await org.settled(after.receiptId)).toMatchObject({ stored: 1 });
  expect(await proveAccount(accessOf(stack.env), product.cosmos.containers)).toMatchObject({
    messages: 4,
    unreadable: 0,
    foreign: 1,
    violations: [],
  });
});

async function envelope({ orgId }: TestOrg, id: string): Promise<{ body: Buffer; receiptId: string }> {
  const { receiptId } = mintReceipt(keys, orgId, Date.now(), 1);
  const event = { event_id: id, event_type: "t", timestamp: "2026-11-22T10:00:00.000Z" };
  const { body, bytes } = await packContent([JSON.stringify({ e: event })]);
  const head = { org_id: orgId, receipt_id: receiptId, events: 1, bytes };
  return { body: encodeFrame({ kind: "inline", head, body }), receiptId };
}

async function readStanding(): Promise<readonly StandingPartition[] | undefined> {
  const { standing_partitions } = await readBacklog();
  // The checkpoint of the message before it may still be on its way.
  return standing_partitions.some(({ after }) => after !== null) ? standing_partitions : undefined;
}

/** As docs/runbook.md does it. */
async function moveCheckpoint(partition: string, sequencenumber: number): Promise<void> {
  const container = BlobServiceClient.fromConnectionString(stack.env.AzureWebJobsStorage ?? "").getContainerClient(
    checkpointContainer,
  );
  for await (const { name } of container.listBlobsFlat())
    if (name.endsWith(`/$default/checkpoint/${partition}`))
      await container.getBlobClient(name).setMetadata({ sequencenumber: String(sequencenumber) });
}

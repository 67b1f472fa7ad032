import type { EventHubProducerClient, ReceivedEventData, SubscriptionEventHandlers } from "@azure/event-hubs";
import { expect, test } from "vitest";
import {
  collect,
  createConsumer,
  createProducer,
  EARLIEST,
  FAST_RETRIES,
  HUB,
  receive,
  startEmulator,
  startEmulatorProcess,
  startOnSmallDisk,
  temporaryFolder,
  until,
} from "./support.ts";

const PARTITIONS = ["0", "1", "2", "3"];

/** Sends events with growing ids until told to stop; an id is acknowledged when its send has resolved. */
function keepSending(producer: EventHubProducerClient): { acknowledged: number[]; stop: () => Promise<void> } {
  const acknowledged: number[] = [];
  let isOver = false;
  let next = 0;
  const lanes = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      const ids = [next++, next++, next++];
      await producer.sendBatch(ids.map((id) => ({ body: id })));
      acknowledged.push(...ids);
    }
  });
  const stop = async (): Promise<void> => {
    isOver = true;
    await Promise.all(lanes);
  };
  return { acknowledged, stop };
}

function assertSequence(events: readonly ReceivedEventData[], partition: string): void {
  const numbers = events.map(({ sequenceNumber }) => sequenceNumber);
  expect(numbers, `partition ${partition}`).toEqual(numbers.map((_, i) => i));
}

test("a kill loses nothing that was acknowledged, repeats no number, and both sides go on afterwards", async () => {
  const dataDir = await temporaryFolder();
  let emulator = await startEmulatorProcess(dataDir);
  const { port, connectionString } = emulator;
  const consumer = createConsumer(connectionString, { retryOptions: FAST_RETRIES });
  const processed = new Map<number, Set<string>>();
  const handlers: SubscriptionEventHandlers = {
    processEvents: async (events, { partitionId }) => {
      for (const { body, sequenceNumber } of events) {
        const id = body as number;
        processed.set(id, (processed.get(id) ?? new Set()).add(`${partitionId}/${sequenceNumber}`));
      }
    },
    processError: async () => undefined,
  };
  const options = { startPosition: EARLIEST, maxBatchSize: 100, maxWaitTimeInSeconds: 1 };
  // One for each partition: after a kill, the SDK's subscription to a whole hub asks which partitions there are, for
  // half a minute.
  const subscriptions = PARTITIONS.map((partition) => consumer.subscribe(partition, handlers, options));
  const sending = keepSending(createProducer(connectionString, HUB, FAST_RETRIES));
  for (let kills = 0; kills < 3; kills++) {
    const before = sending.acknowledged.length;
    await until(() => sending.acknowledged.length > before + 200 && processed.size > before);
    await emulator.kill();
    emulator = await startEmulatorProcess(dataDir, port);
  }
  const before = sending.acknowledged.length;
  await until(() => sending.acknowledged.length > before + 200);
  await sending.stop();
  await until(() => sending.acknowledged.every((id) => processed.has(id)));
  await Promise.all(subscriptions.map((subscription) => subscription.close()));

  const reader = createConsumer(connectionString);
  const producer = createProducer(connectionString);
  const kept = new Set<number>();
  for (const partition of PARTITIONS) {
    const { lastEnqueuedSequenceNumber } = await producer.getPartitionProperties(partition);
    const events = await receive(reader, partition, lastEnqueuedSequenceNumber + 1);
    assertSequence(events, partition);
    for (const { body, sequenceNumber } of events) {
      kept.add(body as number);
      // Deliveries before a kill equal the events after it: no number was given to two events.
      expect(processed.get(body as number)).toContain(`${partition}/${sequenceNumber}`);
    }
  }
  expect(sending.acknowledged.filter((id) => !kept.has(id))).toEqual([]);
});

test("clients live through a graceful stop and start", async () => {
  const dataDir = await temporaryFolder();
  const first = await startEmulator({ dataDir });
  const port = Number(first.endpoint.split(":").at(-1));
  const producer = createProducer(first.connectionString, HUB, FAST_RETRIES);
  const collected = collect(createConsumer(first.connectionString, { retryOptions: FAST_RETRIES }), "0");
  await producer.sendBatch([{ body: "before" }], { partitionId: "0" });
  await until(() => collected.events.length === 1);
  await first.close();
  const sending = producer.sendBatch([{ body: "after" }], { partitionId: "0" });
  await startEmulator({ dataDir, port });
  await sending;
  await until(() => collected.events.length === 2);
  expect(collected.events.map(({ body }) => body as string)).toEqual(["before", "after"]);
  await collected.close();
});

test("a full disk refuses sends that do not fit, and has every event that it took", async () => {
  const dataDir = await temporaryFolder();
  const emulator = await startOnSmallDisk(dataDir, 100);
  const producer = createProducer(emulator.connectionString);
  const acknowledged: number[] = [];
  const refused: number[] = [];
  // Three sends at once share a write, so that some of these end in the middle of it.
  for (let i = 0; i < 90; i += 3) {
    const ids = [i, i + 1, i + 2];
    const sends = ids.map((id) => producer.sendBatch([{ body: id, properties: { fill: "x".repeat(2000) } }]));
    for (const [at, { status }] of (await Promise.allSettled(sends)).entries()) {
      (status === "fulfilled" ? acknowledged : refused).push(i + at);
    }
  }
  expect(acknowledged.length).toBeGreaterThan(20);
  expect(refused.length).toBeGreaterThan(20);
  await emulator.kill();
  const after = await startEmulatorProcess(dataDir, 0, ["--hub", `${HUB}:1`]);
  await createProducer(after.connectionString).sendBatch([{ body: "room again" }]);
  const events = await receive(createConsumer(after.connectionString), "0", acknowledged.length + 1);
  expect(events.map(({ body }) => body as unknown)).toEqual([...acknowledged, "room again"]);
  assertSequence(events, "0");
});

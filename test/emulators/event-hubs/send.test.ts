import { randomBytes, randomUUID } from "node:crypto";
import { EventHubBufferedProducerClient, type EventHubProducerClient } from "@azure/event-hubs";
import { expect, test } from "vitest";
import { createConsumer, createProducer, errorOf, HUB, receive, startEmulator } from "./support.ts";

const PARTITIONS = ["0", "1", "2", "3"];

async function countByPartition(producer: EventHubProducerClient): Promise<number[]> {
  const all = await Promise.all(PARTITIONS.map((id) => producer.getPartitionProperties(id)));
  return all.map(({ lastEnqueuedSequenceNumber }) => lastEnqueuedSequenceNumber + 1);
}

test("a batch to a hub goes to one partition, whole, and the partitions take turns", async () => {
  const producer = createProducer((await startEmulator()).connectionString);
  for (let i = 0; i < 8; i++) await producer.sendBatch([{ body: 1 }, { body: 2 }, { body: 3 }]);
  expect(await countByPartition(producer)).toEqual([6, 6, 6, 6]);
});

test("a partition receives its events in the order of sending, numbered from 0", async () => {
  const { connectionString } = await startEmulator();
  const producer = createProducer(connectionString);
  await producer.sendBatch([{ body: "a" }, { body: "b" }], { partitionId: "2" });
  await producer.sendBatch([{ body: "c" }], { partitionId: "2" });
  const events = await receive(createConsumer(connectionString), "2", 3);
  expect(events.map(({ body, sequenceNumber }) => [body, sequenceNumber])).toEqual([
    ["a", 0],
    ["b", 1],
    ["c", 2],
  ]);
});

test("events with the same key land in the same partition, keys spread, and the key comes back", async () => {
  const { connectionString } = await startEmulator();
  const producer = createProducer(connectionString);
  for (let i = 0; i < 40; i++) {
    await producer.sendBatch([{ body: `${i}` }], { partitionKey: `key-${i % 20}` });
  }
  const counts = await countByPartition(producer);
  expect(counts.filter((count) => count > 0).length).toBeGreaterThan(1);
  const consumer = createConsumer(connectionString);
  const homes = new Map<string, Set<string>>();
  for (const [partition, count] of counts.entries()) {
    for (const event of await receive(consumer, String(partition), count)) {
      expect(event.partitionKey).toBe(`key-${Number(event.body) % 20}`);
      const key = String(event.partitionKey);
      homes.set(key, (homes.get(key) ?? new Set()).add(String(partition)));
    }
  }
  expect(homes.size).toBe(20);
  expect([...homes.values()].every(({ size }) => size === 1)).toBe(true);
});

test("a buffered producer, which hashes keys itself, and the hub agree on their partitions", async () => {
  const { connectionString } = await startEmulator();
  const keys = [
    "",
    "a",
    "key-7",
    "twelve bytes",
    "longer than twelve",
    "ünï-código",
    ...Array.from({ length: 30 }, randomUUID),
  ];
  const failures: unknown[] = [];
  const buffered = new EventHubBufferedProducerClient(connectionString, HUB, {
    onSendEventsErrorHandler: async ({ error }) => void failures.push(error),
    maxWaitTimeInMs: 10,
  });
  for (const key of keys) await buffered.enqueueEvent({ body: key }, { partitionKey: key });
  await buffered.close({ flush: true });
  expect(failures).toEqual([]);
  const producer = createProducer(connectionString);
  for (const key of keys) await producer.sendBatch([{ body: key }], { partitionKey: key });
  const consumer = createConsumer(connectionString);
  const counts = await countByPartition(producer);
  for (const [partition, count] of counts.entries()) {
    const bodies = (await receive(consumer, String(partition), count)).map(({ body }) => body as string);
    expect(bodies.slice(count / 2).toSorted()).toEqual(bodies.slice(0, count / 2).toSorted());
  }
});

test("a created batch knows the limit of 1 MiB and is taken up to it", async () => {
  const { connectionString } = await startEmulator();
  const producer = createProducer(connectionString);
  const batch = await producer.createBatch({ partitionId: "1" });
  expect(batch.maxSizeInBytes).toBe(1024 * 1024);
  const body = randomBytes(10_000);
  while (batch.tryAdd({ body }));
  expect(batch.sizeInBytes).toBeGreaterThan(1_030_000);
  await producer.sendBatch(batch);
  const events = await receive(createConsumer(connectionString), "1", batch.count);
  expect(events.every((event) => body.equals(event.body as Buffer))).toBe(true);
});

test("one event of nearly 1 MiB arrives whole, among small ones", async () => {
  const { connectionString } = await startEmulator();
  const producer = createProducer(connectionString);
  const large = randomBytes(1024 * 1024 - 200);
  await producer.sendBatch([{ body: "before" }], { partitionId: "0" });
  await producer.sendBatch([{ body: large }], { partitionId: "0" });
  await producer.sendBatch([{ body: "after" }], { partitionId: "0" });
  const events = await receive(createConsumer(connectionString), "0", 3);
  expect(events.map(({ body }) => (Buffer.isBuffer(body) ? body.equals(large) : body))).toEqual([
    "before",
    true,
    "after",
  ]);
});

test("more than 1 MiB is refused and the link still works", async () => {
  const { connectionString } = await startEmulator();
  const producer = createProducer(connectionString);
  const error = await errorOf(producer.sendBatch([{ body: randomBytes(1024 * 1024) }], { partitionId: "0" }));
  expect(error.code).toBe("MessageTooLargeError");
  await producer.sendBatch([{ body: "small" }], { partitionId: "0" });
  expect(await countByPartition(producer)).toEqual([1, 0, 0, 0]);
});

test("an unknown hub is not found, by producer and by management", async () => {
  const producer = createProducer((await startEmulator()).connectionString, "nowhere");
  expect((await errorOf(producer.sendBatch([{ body: 1 }]))).code).toBe("MessagingEntityNotFoundError");
  expect((await errorOf(producer.getEventHubProperties())).code).toBe("MessagingEntityNotFoundError");
});

test.each(["4", "-1", "one"])(
  "partition %s of four is out of range, by producer and by management",
  async (partitionId) => {
    const producer = createProducer((await startEmulator()).connectionString);
    expect((await errorOf(producer.sendBatch([{ body: 1 }], { partitionId }))).code).toBe("ArgumentOutOfRangeError");
    expect((await errorOf(producer.getPartitionProperties(partitionId))).code).toBe("ArgumentOutOfRangeError");
  },
);

test("names of hubs do not depend on case", async () => {
  const producer = createProducer((await startEmulator()).connectionString, "EVENTS");
  await producer.sendBatch([{ body: 1 }], { partitionId: "0" });
  const properties = await producer.getEventHubProperties();
  expect(properties.name).toBe(HUB);
  expect(properties.partitionIds).toEqual(PARTITIONS);
});

test("a partition's properties follow the events sent to it", async () => {
  const now = Date.parse("2030-01-02T03:04:05.678Z");
  const producer = createProducer((await startEmulator({ now: () => now })).connectionString);
  expect(await producer.getPartitionProperties("3")).toMatchObject({
    beginningSequenceNumber: 0,
    lastEnqueuedSequenceNumber: -1,
    lastEnqueuedOffset: "-1",
    isEmpty: true,
  });
  await producer.sendBatch([{ body: 1 }, { body: 2 }], { partitionId: "3" });
  const properties = await producer.getPartitionProperties("3");
  expect(properties).toMatchObject({
    eventHubName: HUB,
    partitionId: "3",
    beginningSequenceNumber: 0,
    lastEnqueuedSequenceNumber: 1,
    lastEnqueuedOnUtc: new Date(now),
    isEmpty: false,
  });
  expect(Number(properties.lastEnqueuedOffset)).toBeGreaterThan(0);
});

test("many sends at once are all taken", async () => {
  const producer = createProducer((await startEmulator()).connectionString);
  await Promise.all(Array.from({ length: 500 }, (_, i) => producer.sendBatch([{ body: i }])));
  expect((await countByPartition(producer)).reduce((a, b) => a + b)).toBe(500);
});

test("a token that is not accepted ends in an error of authorization", async () => {
  const checkToken = ({ audience, type }: { audience: string; type: string }): string =>
    `no access to ${audience} with ${type}`;
  const producer = createProducer((await startEmulator({ checkToken })).connectionString);
  const error = await errorOf(producer.sendBatch([{ body: 1 }]));
  expect(error.code).toBe("UnauthorizedError");
});

test("an idempotent producer, which there is not, ends in an error and does not hang", async () => {
  const { connectionString } = await startEmulator();
  const errors: string[] = [];
  const client = new EventHubBufferedProducerClient(connectionString, "events", {
    enableIdempotentRetries: true,
    maxWaitTimeInMs: 10,
    retryOptions: { maxRetries: 0 },
    onSendEventsErrorHandler: async ({ error }) => void errors.push(error.message),
  });
  await client.enqueueEvent({ body: "x" }, { partitionId: "0" });
  await client.flush();
  await client.close();
  expect(errors).toEqual(["The emulator has no idempotent producers."]);
});

import { randomBytes } from "node:crypto";
import type { EventPosition } from "@azure/event-hubs";
import { expect, test } from "vitest";
import { collect, createConsumer, createProducer, receive, startEmulator, until } from "./support.ts";

const BODIES = ["e0", "e1", "e2", "e3", "e4"];

/** Five events, one a minute apart, in partition 0. */
async function startWithFive() {
  let now = Date.parse("2030-01-01T00:00:00Z");
  const { connectionString } = await startEmulator({ now: () => now });
  const producer = createProducer(connectionString);
  for (const body of BODIES) {
    await producer.sendBatch([{ body }], { partitionId: "0" });
    now += 60_000;
  }
  const consumer = createConsumer(connectionString);
  return { connectionString, producer, consumer, sent: await receive(consumer, "0", BODIES.length) };
}

test("reading starts where the position says, with and without the event at it", async () => {
  const { consumer, sent } = await startWithFive();
  const third = sent[2];
  if (!third) throw new Error("no third event");
  const enqueuedOn = third.enqueuedTimeUtc;
  const positions: [EventPosition, string[]][] = [
    [{ offset: "-1" }, BODIES],
    [{ offset: third.offset }, ["e3", "e4"]],
    [{ offset: third.offset, isInclusive: true }, ["e2", "e3", "e4"]],
    [{ sequenceNumber: 2 }, ["e3", "e4"]],
    [{ sequenceNumber: 2, isInclusive: true }, ["e2", "e3", "e4"]],
    [{ sequenceNumber: -1 }, BODIES],
    [{ enqueuedOn }, ["e3", "e4"]],
    [{ enqueuedOn: enqueuedOn.getTime() - 1 }, ["e2", "e3", "e4"]],
    [{ enqueuedOn: 0 }, BODIES],
  ];
  for (const [position, expected] of positions) {
    const events = await receive(consumer, "0", expected.length, position);
    expect(
      events.map(({ body }) => body as string),
      JSON.stringify(position),
    ).toEqual(expected);
  }
});

test("offsets are strings that grow with the sequence number", async () => {
  const { sent } = await startWithFive();
  expect(sent.every(({ offset }) => typeof offset === "string")).toBe(true);
  expect(sent.map(({ offset }) => Number(offset))).toEqual(
    sent.map(({ offset }) => Number(offset)).toSorted((a, b) => a - b),
  );
  expect(new Set(sent.map(({ offset }) => offset)).size).toBe(BODIES.length);
});

test("the latest position brings only later events", async () => {
  const { consumer, producer } = await startWithFive();
  const collected = collect(consumer, "0", { startPosition: { offset: "@latest" } });
  const markers: string[] = [];
  await until(async () => {
    const body = `marker-${markers.length}`;
    markers.push(body);
    await producer.sendBatch([{ body }], { partitionId: "0" });
    return collected.events.length > 0;
  });
  expect(collected.events.map(({ body }) => body as string).filter((body) => BODIES.includes(body))).toEqual([]);
  await until(() => collected.events.at(-1)?.body === markers.at(-1));
});

test.each([{ sequenceNumber: 99 }, { offset: "999999" }])(
  "a position that never existed, %o, is an error as in Azure",
  async (startPosition) => {
    const { consumer } = await startWithFive();
    const collected = collect(consumer, "0", { startPosition });
    await until(() => collected.errors.length > 0);
    expect(collected.errors[0]).toMatchObject({ code: "ArgumentError" });
    expect(collected.errors[0]?.message).toContain("The last");
    await collected.close();
  },
);

test("each consumer group, and each of several readers of one, gets everything", async () => {
  const { connectionString, consumer } = await startWithFive();
  const second = createConsumer(connectionString, { group: "SECOND" });
  const third = createConsumer(connectionString);
  const all = await Promise.all([receive(second, "0", 5), receive(consumer, "0", 5), receive(third, "0", 5)]);
  expect(all.map((events) => events.map(({ body }) => body as string))).toEqual([BODIES, BODIES, BODIES]);
});

test("an unknown consumer group is not found", async () => {
  const { connectionString } = await startEmulator();
  const collected = collect(createConsumer(connectionString, { group: "nobody" }), "0");
  await until(() => collected.errors.length > 0);
  expect(collected.errors[0]).toMatchObject({ code: "MessagingEntityNotFoundError" });
  await collected.close();
});

test("bodies, properties and annotations come back as they were sent", async () => {
  const { connectionString } = await startEmulator();
  const producer = createProducer(connectionString);
  const events = [
    {
      body: randomBytes(3000),
      properties: { text: "ä", number: 1.5, whole: -7, yes: true, none: null, at: new Date(5) },
    },
    { body: { deep: [1, { a: null }] }, contentType: "application/json", correlationId: "c-1", messageId: "m-1" },
    { body: Buffer.alloc(0) },
    { body: 5, bodyType: "value" as const, messageAnnotations: { "x-opt-mine": 7 }, applicationProperties: { p: "v" } },
  ];
  await producer.sendBatch(events, { partitionId: "0" });
  const [binary, json, empty, value] = await receive(createConsumer(connectionString), "0", 4);
  expect(binary?.body).toEqual(events[0]?.body);
  expect(binary?.properties).toEqual({ text: "ä", number: 1.5, whole: -7, yes: true, none: null, at: 5 });
  expect(json).toMatchObject({
    body: { deep: [1, { a: null }] },
    contentType: "application/json",
    correlationId: "c-1",
    messageId: "m-1",
  });
  expect(empty?.body).toEqual(Buffer.alloc(0));
  expect(value).toMatchObject({ body: 5, properties: { p: "v" }, systemProperties: { "x-opt-mine": 7 } });
});

test("annotations that a sender makes up do not replace the hub's own", async () => {
  const { connectionString } = await startEmulator();
  const forged = { "x-opt-sequence-number": 77, "x-opt-offset": "77", "x-opt-enqueued-time": 77 };
  const event = { body: "b", bodyType: "data" as const, messageAnnotations: forged };
  await createProducer(connectionString).sendBatch([event], { partitionId: "0" });
  const [received] = await receive(createConsumer(connectionString), "0", 1);
  expect(received?.sequenceNumber).toBe(0);
  expect(received?.offset).not.toBe("77");
  expect(received?.enqueuedTimeUtc.getTime()).toBeGreaterThan(77);
});

test("a receiver that asks for it learns where its partition ends", async () => {
  const { connectionString, producer, sent } = await startWithFive();
  const consumer = createConsumer(connectionString);
  const seen: (number | undefined)[] = [];
  const subscription = consumer.subscribe(
    "0",
    {
      processEvents: async (events, { lastEnqueuedEventProperties }) => {
        if (events.length > 0) seen.push(lastEnqueuedEventProperties?.sequenceNumber);
      },
      processError: async () => undefined,
    },
    { startPosition: { sequenceNumber: 0 }, trackLastEnqueuedEventProperties: true, maxBatchSize: 1 },
  );
  await until(() => seen.length > 0);
  expect(seen[0]).toBe(sent.length - 1);
  await producer.sendBatch([{ body: "more" }], { partitionId: "0" });
  await until(() => seen.at(-1) === sent.length);
  await subscription.close();
});

test("an equal or higher owner level takes the partition over; a lower one or none does not", async () => {
  const { connectionString } = await startWithFive();
  const open = (ownerLevel?: number) =>
    collect(createConsumer(connectionString), "0", { ...(ownerLevel !== undefined && { ownerLevel }) });
  const isIn = ({ events }: { events: unknown[] }): boolean => events.length === BODIES.length;
  const plain = open();
  await until(() => isIn(plain));
  const low = open(1);
  await until(() => isIn(low) && plain.errors.length > 0);
  const equal = open(1);
  await until(() => isIn(equal) && low.errors.length > 0);
  const high = open(2);
  await until(() => isIn(high) && equal.errors.length > 0);
  const tooLow = open(1);
  const none = open();
  await until(() => tooLow.errors.length > 0 && none.errors.length > 0);
  for (const loser of [plain, low, equal, tooLow, none]) {
    expect(loser.errors[0]).toMatchObject({ code: "ReceiverDisconnectedError" });
  }
  expect(tooLow.events.length + none.events.length).toBe(0);
  await Promise.all([plain, low, equal, high, tooLow, none].map((each) => each.close()));
  const after = open();
  await until(() => isIn(after));
  expect(high.errors).toEqual([]);
  await after.close();
});

test("a sixth reader of a partition without an owner level is refused", async () => {
  const { connectionString } = await startWithFive();
  const five = Array.from({ length: 5 }, () => collect(createConsumer(connectionString), "0"));
  await until(() => five.every(({ events }) => events.length === BODIES.length));
  const sixth = collect(createConsumer(connectionString), "0");
  await until(() => sixth.errors.length > 0);
  expect(sixth.errors[0]).toMatchObject({ code: "QuotaExceededError" });
  await Promise.all([...five, sixth].map((each) => each.close()));
});

test("a long backlog of mixed sizes comes in order, to the last event", async () => {
  const { connectionString } = await startEmulator();
  const producer = createProducer(connectionString);
  const sizes = Array.from({ length: 300 }, (_, i) => (i % 50 === 0 ? 400_000 : (i * 37) % 3000));
  for (const [_i, size] of sizes.entries()) {
    await producer.sendBatch([{ body: Buffer.alloc(size, 0xff) }], { partitionId: "0" });
  }
  const events = await receive(createConsumer(connectionString), "0", sizes.length);
  expect(events.map(({ body }) => (body as Buffer).length)).toEqual(sizes);
  expect(events.map(({ sequenceNumber }) => sequenceNumber)).toEqual(sizes.map((_, i) => i));
});

test("a subscription that ends in the middle of a backlog leaves the connection to the others", async () => {
  const problems: string[] = [];
  const { connectionString } = await startEmulator({ log: (line) => problems.push(line) });
  const producer = createProducer(connectionString);
  for (let i = 0; i < 30; i++) await producer.sendBatch([{ body: Buffer.alloc(500_000, 0xff) }], { partitionId: "0" });
  const consumer = createConsumer(connectionString);
  const other = collect(consumer, "1");
  for (let i = 0; i < 10; i++) expect((await receive(consumer, "0", 1))[0]?.sequenceNumber).toBe(0);
  await producer.sendBatch([{ body: "still here" }], { partitionId: "1" });
  await until(() => other.events.length === 1);
  expect([...problems, ...other.errors]).toEqual([]);
  await other.close();
});

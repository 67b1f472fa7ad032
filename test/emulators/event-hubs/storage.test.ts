import { appendFile, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  collect,
  createConsumer,
  createProducer,
  errorOf,
  HUB,
  receive,
  startEmulator,
  temporaryFolder,
  until,
} from "./support.ts";

const HOUR = 3_600_000;

function spec(partitions: number, ...consumerGroups: string[]) {
  return { hubs: [{ name: HUB, partitions, consumerGroups }] };
}

async function newestSegment(dataDir: string): Promise<string> {
  const folder = join(dataDir, HUB, "0");
  const name = (await readdir(folder)).toSorted().at(-1);
  return join(folder, String(name));
}

test("events, numbers, offsets and creation time outlive a restart, and numbering goes on", async () => {
  const dataDir = await temporaryFolder();
  const first = await startEmulator({ dataDir });
  await createProducer(first.connectionString).sendBatch([{ body: "a" }, { body: "b" }], { partitionId: "0" });
  const created = (await createProducer(first.connectionString).getEventHubProperties()).createdOn;
  const before = await receive(createConsumer(first.connectionString), "0", 2);
  await first.close();
  const second = await startEmulator({ dataDir });
  const producer = createProducer(second.connectionString);
  await producer.sendBatch([{ body: "c" }], { partitionId: "0" });
  const after = await receive(createConsumer(second.connectionString), "0", 3);
  const seen = (events: typeof before) =>
    events.map(({ body, offset, sequenceNumber }) => [body, offset, sequenceNumber]);
  expect(seen(after).slice(0, 2)).toEqual(seen(before));
  expect(after[2]).toMatchObject({ body: "c", sequenceNumber: 2 });
  expect((await producer.getEventHubProperties()).createdOn).toEqual(created);
});

test("a hub cannot be opened with another number of partitions, unless fresh", async () => {
  const dataDir = await temporaryFolder();
  const first = await startEmulator({ dataDir, ...spec(4) });
  await createProducer(first.connectionString).sendBatch([{ body: 1 }], { partitionId: "0" });
  await first.close();
  const error = await errorOf(startEmulator({ dataDir, ...spec(2) }));
  expect(error.message).toContain("created with 4 partitions and cannot be opened with 2");
  const fresh = await startEmulator({ dataDir, ...spec(2), fresh: true });
  const producer = createProducer(fresh.connectionString);
  expect((await producer.getEventHubProperties()).partitionIds).toEqual(["0", "1"]);
  expect((await producer.getPartitionProperties("0")).isEmpty).toBe(true);
});

test("hubs and consumer groups are added by a later start, and those of an earlier one stay", async () => {
  const dataDir = await temporaryFolder();
  await (await startEmulator({ dataDir, ...spec(1, "one") })).close();
  await (await startEmulator({ dataDir, ...spec(1, "two") })).close();
  const hubs = [{ name: "other", partitions: 1, consumerGroups: [] }];
  const { connectionString } = await startEmulator({ dataDir, hubs });
  for (const group of ["one", "two", "$Default"]) {
    const collected = collect(createConsumer(connectionString, { group }), "0", { maxWaitTimeInSeconds: 0.1 });
    await createProducer(connectionString).sendBatch([{ body: 1 }], { partitionId: "0" });
    await until(() => collected.events.length > 0);
    await collected.close();
  }
  await createProducer(connectionString, "other").sendBatch([{ body: 1 }]);
});

test.each([
  ["a hub name with a slash", [{ name: "a/b", partitions: 1, consumerGroups: [] }], "not a name for a hub"],
  ["no partitions", [{ name: "a", partitions: 0, consumerGroups: [] }], "number of partitions"],
  ["a wrong group", [{ name: "a", partitions: 1, consumerGroups: ["?"] }], "not a name for a consumer group"],
])("%s is refused", async (_, hubs, message) => {
  expect((await errorOf(startEmulator({ hubs }))).message).toContain(message);
});

test("a folder serves one emulator at a time", async () => {
  const dataDir = await temporaryFolder();
  const first = await startEmulator({ dataDir });
  expect((await errorOf(startEmulator({ dataDir }))).message).toContain("in use by another");
  await first.close();
  await startEmulator({ dataDir });
});

test("a port that is taken is an error, and the folder is free again", async () => {
  const dataDir = await temporaryFolder();
  const other = await startEmulator();
  const port = Number(other.endpoint.split(":").at(-1));
  expect((await errorOf(startEmulator({ dataDir, port }))).message).toContain("EADDRINUSE");
  await startEmulator({ dataDir });
});

test("a batch of which only a part reached the disk is cut off as a whole, at any byte", async () => {
  const dataDir = await temporaryFolder();
  const first = await startEmulator({ dataDir, ...spec(1) });
  const producer = createProducer(first.connectionString);
  await producer.sendBatch([{ body: "kept" }], { partitionId: "0" });
  const path = await newestSegment(dataDir);
  const { size: whole } = await stat(path);
  await producer.sendBatch([{ body: "torn 1" }, { body: "torn 2" }, { body: "torn 3" }], { partitionId: "0" });
  await first.close();
  const bytes = await readFile(path);
  for (const cut of [1, 7, 8, 30, 60, bytes.length - whole - 1]) {
    await writeFile(path, bytes);
    await truncate(path, whole + cut);
    const emulator = await startEmulator({ dataDir, ...spec(1) });
    await createProducer(emulator.connectionString).sendBatch([{ body: "next" }], { partitionId: "0" });
    const events = await receive(createConsumer(emulator.connectionString), "0", 2);
    expect(events.map(({ body, sequenceNumber }) => [body, sequenceNumber])).toEqual([
      ["kept", 0],
      ["next", 1],
    ]);
    await emulator.close();
  }
});

test("a damaged end is cut off", async () => {
  const dataDir = await temporaryFolder();
  const first = await startEmulator({ dataDir, ...spec(1) });
  await createProducer(first.connectionString).sendBatch([{ body: "kept" }], { partitionId: "0" });
  await first.close();
  await appendFile(await newestSegment(dataDir), Buffer.alloc(200, 0x41));
  const second = await startEmulator({ dataDir, ...spec(1) });
  const properties = await createProducer(second.connectionString).getPartitionProperties("0");
  expect(properties.lastEnqueuedSequenceNumber).toBe(0);
});

test("events past their retention go, and numbers and offsets go on, also after a restart", async () => {
  let now = Date.parse("2030-01-01T00:00:00Z");
  const dataDir = await temporaryFolder();
  const options = { dataDir, ...spec(1), retentionMs: HOUR, now: () => now };
  const first = await startEmulator(options);
  const producer = createProducer(first.connectionString);
  await producer.sendBatch([{ body: "old 1" }, { body: "old 2" }], { partitionId: "0" });
  const [, old] = await receive(createConsumer(first.connectionString), "0", 2);
  now += HOUR + 1;
  const expired = await producer.getPartitionProperties("0");
  expect(expired).toMatchObject({ isEmpty: true, beginningSequenceNumber: 2, lastEnqueuedSequenceNumber: 1 });
  expect(expired.lastEnqueuedOffset).toBe(old?.offset);
  await first.close();
  const second = await startEmulator(options);
  await createProducer(second.connectionString).sendBatch([{ body: "new" }], { partitionId: "0" });
  const consumer = createConsumer(second.connectionString);
  const [event] = await receive(consumer, "0", 1);
  expect(event).toMatchObject({ body: "new", sequenceNumber: 2 });
  expect(Number(event?.offset)).toBeGreaterThan(Number(old?.offset));
  // A checkpoint from before the retention is still a valid position.
  expect((await receive(consumer, "0", 1, { offset: String(old?.offset) }))[0]?.body).toBe("new");
});

test("a reader that is behind goes on with the oldest event left when its place expires", async () => {
  let now = Date.parse("2030-01-01T00:00:00Z");
  const { connectionString } = await startEmulator({ ...spec(1), retentionMs: HOUR, now: () => now });
  const producer = createProducer(connectionString);
  await producer.sendBatch([{ body: "old" }], { partitionId: "0" });
  const collected = collect(createConsumer(connectionString), "0");
  await until(() => collected.events.length === 1);
  now += HOUR + 1;
  expect((await producer.getPartitionProperties("0")).isEmpty).toBe(true);
  await producer.sendBatch([{ body: "new" }], { partitionId: "0" });
  await until(() => collected.events.length === 2);
  expect(collected.events.map(({ body }) => body as string)).toEqual(["old", "new"]);
});

test("a partition of many segments is read from any position, and old segments expire by themselves", async () => {
  const start = Date.parse("2030-01-01T00:00:00Z");
  let now = start;
  const dataDir = await temporaryFolder();
  const options = { dataDir, ...spec(1), retentionMs: 25 * HOUR, now: () => now };
  const { connectionString } = await startEmulator(options);
  const producer = createProducer(connectionString);
  const body = Buffer.alloc(900_000, 0xff);
  // Segments of 8 MiB: about nine events each.
  for (let i = 0; i < 40; i++) {
    now = start + i * HOUR;
    await producer.sendBatch([{ body, properties: { i } }], { partitionId: "0" });
  }
  const names = await readdir(join(dataDir, HUB, "0"));
  expect(names.length).toBeGreaterThan(2);
  const { beginningSequenceNumber: oldest } = await producer.getPartitionProperties("0");
  expect(oldest).toBeGreaterThan(0);
  expect(oldest).toBeLessThanOrEqual(14);
  const consumer = createConsumer(connectionString);
  for (const from of [oldest, 15, 20, 27, 28, 39]) {
    const bySequence = await receive(consumer, "0", 1, { sequenceNumber: from, isInclusive: true });
    expect(bySequence[0]?.properties).toEqual({ i: from });
    const byTime = await receive(consumer, "0", 1, { enqueuedOn: start + from * HOUR - 1 });
    expect(byTime[0]?.properties).toEqual({ i: from });
    const byOffset = await receive(consumer, "0", 1, { offset: String(bySequence[0]?.offset), isInclusive: true });
    expect(byOffset[0]?.properties).toEqual({ i: from });
  }
  const all = await receive(consumer, "0", 40 - oldest);
  expect(all.map(({ sequenceNumber }) => sequenceNumber)).toEqual(all.map((_, i) => oldest + i));
});

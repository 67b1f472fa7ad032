import { EventHubProducerClient } from "@azure/event-hubs";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  eventually,
  type HostProcess,
  type Storage,
  startHost,
  startHubs,
  startProxy,
  startStorage,
} from "./support.ts";

interface Seen<B = { n: number }[]> {
  readonly fn: string;
  readonly at: number;
  readonly body: B;
  readonly metadata: {
    partitionContext: { partitionId: string; eventHubName: string; consumerGroup: string };
    offsetArray: unknown[];
    sequenceNumberArray: unknown[];
    partitionKeyArray: string[];
    enqueuedTimeUtcArray: string[];
    propertiesArray: Record<string, unknown>[];
    systemPropertiesArray: Record<string, unknown>[];
    [key: string]: unknown;
  };
  readonly retry?: { retryCount: number; maxRetryCount: number; exception?: { message: string } };
}

const HUBS = [
  "batches:4:other",
  "again:1",
  "single:1",
  "binary:1",
  "untyped:1",
  "endless:2",
  "held:2",
  "twice:1",
  "shared:4",
  "crash:1",
  "net:1",
];

let storage: Storage;
let hubs: Storage;
let hosts: HostProcess[] = [];
beforeAll(async () => {
  [storage, hubs] = await Promise.all([startStorage(), startHubs(HUBS)]);
});
afterEach(async () => {
  await Promise.all(hosts.map((host) => host.kill()));
  hosts = [];
});
afterAll(() => Promise.all([storage.stop(), hubs.stop()]));

async function start(functions: string, env: Record<string, string> = {}): Promise<HostProcess> {
  const settings = { AzureWebJobsStorage: storage.connectionString, Hubs: hubs.connectionString, BATCHES: "batches" };
  const host = await startHost("event-hubs", {
    env: { ...settings, FUNCTIONS: functions, ...env },
    args: ["--ownership", "2"],
  });
  hosts.push(host);
  return host;
}

const seen = <B = { n: number }[]>(host: HostProcess, word = "SEEN"): Seen<B>[] => host.said<Seen<B>>(word);
const partitionOf = (entry: Seen): string => String(entry.metadata.partitionContext.partitionId);
const numbersOf = (entries: readonly Seen[]): number[] => entries.flatMap((entry) => entry.body.map((body) => body.n));

async function send(hub: string, events: readonly object[], partitionId?: string): Promise<void> {
  const producer = new EventHubProducerClient(hubs.connectionString, hub);
  try {
    await producer.sendBatch(
      events.map((event) => ("body" in event ? (event as { body: unknown }) : { body: event })),
      partitionId === undefined ? {} : { partitionId },
    );
  } finally {
    await producer.close();
  }
}

/** A message whose body is an AMQP value or sequence, as senders of other libraries make them. */
const noData = (bodyType: "value" | "sequence", body: unknown) => ({ body, bodyType });

async function readBlob(path: string): Promise<Record<string, string> | undefined> {
  const container = BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient(
    "azure-webjobs-eventhub",
  );
  const blob = container.getBlobClient(path);
  return (await blob.exists()) ? (await blob.getProperties()).metadata : undefined;
}

/** As someone does who steps over a message by hand. */
async function writeCheckpoint(hub: string, partitionId: string, metadata: Record<string, string>): Promise<void> {
  await BlobServiceClient.fromConnectionString(storage.connectionString)
    .getContainerClient("azure-webjobs-eventhub")
    .getBlobClient(`127.0.0.1/${hub}/$default/checkpoint/${partitionId}`)
    .setMetadata(metadata);
}

/** Sequence number of the last event that counts as done. */
async function checkpointOf(hub: string, partitionId = "0"): Promise<number> {
  const metadata = await readBlob(`127.0.0.1/${hub}/$default/checkpoint/${partitionId}`);
  return Number(metadata?.sequencenumber ?? -1);
}

const count = (n: number, from = 0): { n: number }[] => Array.from({ length: n }, (_, i) => ({ n: from + i }));

describe("batches", () => {
  it("come in order, one at a time per partition, no larger than the limit, and are checkpointed", async () => {
    await Promise.all(["0", "1", "2", "3"].map((id) => send("batches", count(25, Number(id) * 100), id)));
    const host = await start("batches,grouped");
    await eventually("all are seen by both groups", () => numbersOf(seen(host, "DONE")).length === 200);
    for (const fn of ["batches", "grouped"]) {
      for (const id of [0, 1, 2, 3]) {
        const batches = seen(host).filter((entry) => entry.fn === fn && partitionOf(entry) === String(id));
        expect(numbersOf(batches)).toEqual(count(25, id * 100).map(({ n }) => n));
        expect(batches.every((batch) => batch.body.length <= 10)).toBe(true);
      }
    }
    await eventually("both groups have their checkpoints", async () => {
      const other = await readBlob("127.0.0.1/batches/other/checkpoint/3");
      return (await checkpointOf("batches", "3")) === 24 && other?.sequencenumber === "24";
    });
  });

  it("are handed over as soon as there is one event", async () => {
    const host = await start("batches");
    await eventually("it reads", async () => (await readBlob("127.0.0.1/batches/$default/ownership/3")) !== undefined);
    await send("batches", [{ n: -1 }], "3");
    await eventually("it has arrived", () => numbersOf(seen(host)).includes(-1));
    const waits: number[] = [];
    for (const n of [1001, 1002, 1003, 1004, 1005]) {
      const sent = Date.now();
      await send("batches", [{ n }], "3");
      const entry = await eventually(`${n} has arrived`, () => seen(host).find((e) => numbersOf([e]).includes(n)));
      waits.push(entry.at - sent);
    }
    expect(Math.min(...waits)).toBeLessThan(500);
  });

  it("carry their metadata in arrays", async () => {
    const host = await start("batches", { BATCHES: "again" });
    const producer = new EventHubProducerClient(hubs.connectionString, "again");
    await producer.sendBatch([{ body: { n: 1 }, properties: { TraceId: "t1", deep: 7 } }], { partitionKey: "k" });
    await producer.close();
    const entry = await eventually("it is seen", () => seen(host)[0]);
    expect(entry.metadata).toMatchObject({
      partitionContext: {
        partitionId: "0",
        eventHubName: "again",
        consumerGroup: "$Default",
        fullyQualifiedNamespace: "127.0.0.1",
      },
      sequenceNumberArray: [0],
      partitionKeyArray: ["k"],
      propertiesArray: [{ traceId: "t1", deep: 7 }],
      systemPropertiesArray: [{ sequenceNumber: 0, partitionKey: "k" }],
    });
    expect(Date.parse(entry.metadata.enqueuedTimeUtcArray[0] ?? "")).toBeGreaterThan(Date.now() - 60_000);
    expect(entry.metadata.offsetArray).toHaveLength(1);
  });

  it("arrive by data type: one at a time, as bytes, or as JSON of which one bad event fails the batch", async () => {
    await send("single", [
      { id: 7, list: [1] },
      { id: 8, list: [] },
    ]);
    await send("binary", [{ body: Buffer.from([0, 255]) }, { body: Buffer.alloc(0) }]);
    await send("untyped", [{ body: Buffer.from('{"n":1}') }, { body: Buffer.from("not json") }]);
    const host = await start("single,binary,untyped");
    const single = await eventually("two calls", () => {
      const calls = seen<{ id: number }>(host).filter((entry) => entry.fn === "single");
      return calls.length === 2 ? calls : undefined;
    });
    expect(single.map((entry) => entry.body)).toEqual([
      { id: 7, list: [1] },
      { id: 8, list: [] },
    ]);
    expect(single[1]?.metadata).toMatchObject({ id: 8, sequenceNumber: 1 });
    const bytes = await eventually("bytes", () => seen<unknown>(host).find((entry) => entry.fn === "binary"));
    expect(bytes.body).toEqual([{ hex: "00ff" }, { hex: "" }]);
    // The worker's versions differ: an app must read both forms of a long.
    expect(bytes.metadata.sequenceNumberArray).toEqual([0, { low: 1, high: 0, unsigned: false }]);
    await eventually(
      "the batch that cannot be bound is checkpointed",
      async () => (await checkpointOf("untyped")) === 1,
    );
    await send("untyped", [{ body: Buffer.from('{"n":2}') }]);
    const untyped = await eventually("the next batch is seen", () =>
      seen(host).find((entry) => entry.fn === "untyped"),
    );
    expect(untyped.body).toEqual([{ n: 2 }]);
  });
});

describe("failures", () => {
  it("move the checkpoint on when there is no retry policy", async () => {
    const host = await start("batches", { BATCHES: "shared" });
    await send("shared", [{ n: 1, fail: true }], "0");
    await eventually("it has failed", () => host.lines.some((line) => line.includes("'Functions.batches' (Failed")));
    await eventually("the checkpoint is behind it", async () => (await checkpointOf("shared")) === 0);
    await send("shared", [{ n: 2 }], "0");
    await eventually("the next is seen", () => numbersOf(seen(host)).includes(2));
    expect(numbersOf(seen(host)).filter((n) => n === 1)).toHaveLength(1);
  });

  it("are retried as often as the policy says, then checkpointed", async () => {
    const host = await start("twice");
    await send("twice", [{ n: 1, fail: true }]);
    await eventually("the checkpoint is behind it", async () => (await checkpointOf("twice")) === 0);
    const tries = seen(host).map((entry) => entry.retry);
    expect(tries.map((retry) => retry?.retryCount)).toEqual([0, 1, 2]);
    expect(tries[2]).toMatchObject({
      maxRetryCount: 2,
      exception: { message: expect.stringContaining("asked for it") },
    });
  });

  it("block their own partition for ever under an endless policy, and are delivered again after a restart", async () => {
    const host = await start("endless");
    await send("endless", [{ n: 1, fail: true }], "0");
    await eventually("it is retried", () => seen(host).filter((entry) => numbersOf([entry]).includes(1)).length >= 2);
    await send("endless", [{ n: 2 }], "0");
    await send("endless", [{ n: 3 }], "1");
    await eventually("the other partition goes on", () => numbersOf(seen(host, "DONE")).includes(3));
    await eventually(
      "it is retried on",
      () => seen(host).filter((entry) => numbersOf([entry]).includes(1)).length >= 4,
    );
    expect(numbersOf(seen(host))).not.toContain(2);
    expect(await host.stop()).toBe(0);
    expect(await checkpointOf("endless", "0")).toBe(-1);

    const next = await start("endless", { HEALED: "yes" });
    await eventually("both are done", () => numbersOf(seen(next, "DONE")).length === 2);
    expect(numbersOf(seen(next, "DONE"))).toEqual([1, 2]);
  });
});

describe("a body that is an AMQP value or sequence", () => {
  const hexOf = (host: HostProcess): string[] =>
    seen<{ hex: string }[]>(host, "DONE").flatMap(({ body }) => body.map(({ hex }) => hex));
  const unbound = (host: HostProcess, partition: string): number =>
    host.lines.filter((line) => line.includes(`Partition ${partition}: exception binding parameter`)).length;

  it("fails in the host before the function, and holds its partition until the checkpoint is moved behind it", async () => {
    await send("held", [{ body: Buffer.from([1]) }, noData("value", "text"), { body: Buffer.from([3]) }], "0");
    await send("held", [noData("sequence", [[1], [2]])], "1");
    const batches = await start("held");
    await eventually("both fail again and again", () => unbound(batches, "0") >= 2 && unbound(batches, "1") >= 2);
    expect([hexOf(batches), await checkpointOf("held", "0"), await batches.stop()]).toEqual([[], -1, 0]);

    // One by one, what came before it is done first, and the checkpoint stands right before it.
    const one = { AzureFunctionsJobHost__extensions__EventHubs__maxEventBatchSize: "1" };
    const single = await start("held", one);
    await eventually("it is the next", async () => (await checkpointOf("held", "0")) === 0 && unbound(single, "0") > 0);
    expect(await single.stop()).toBe(0);

    // Without an offset the sequence number counts, as for the real trigger.
    await writeCheckpoint("held", "0", { sequencenumber: "1" });
    const next = await start("held");
    await eventually("what comes after it is done", () => hexOf(next).includes("03"));
    await eventually("the checkpoint is complete again", async () => (await checkpointOf("held", "0")) === 2);
    expect([...hexOf(single), ...hexOf(next)]).toEqual(["01", "03"]);
  });
});

describe("hosts", () => {
  it("share the partitions, and take over those of a stopped one", async () => {
    const first = await start("batches", { BATCHES: "shared" });
    const owners = async (): Promise<string[]> => {
      const blobs = ["0", "1", "2", "3"].map((id) => readBlob(`127.0.0.1/shared/$default/ownership/${id}`));
      return (await Promise.all(blobs)).map((metadata) => metadata?.ownerid ?? "");
    };
    await eventually("one owns all", async () => new Set(await owners()).size === 1 && (await owners())[0] !== "");
    const second = await start("batches", { BATCHES: "shared" });
    await eventually("two owners with two partitions each", async () => {
      const all = await owners();
      return new Set(all).size === 2 && all.every((owner) => all.filter((o) => o === owner).length === 2);
    });
    // Whoever lost a partition reads it on until the other has opened it.
    let from = 500;
    await eventually("each does the events of its two partitions, once", async () => {
      const of = (host: HostProcess): number[] => numbersOf(seen(host)).filter((n) => n >= from && n < from + 4);
      from += 10;
      await Promise.all(["0", "1", "2", "3"].map((id) => send("shared", [{ n: from + Number(id) }], id)));
      await eventually("each is seen", () => new Set([...of(first), ...of(second)]).size === 4);
      return of(first).length === 2 && of(second).length === 2;
    });

    expect(await first.stop()).toBe(0);
    await Promise.all(["0", "1", "2", "3"].map((id) => send("shared", [{ n: 9_600 + Number(id) }], id)));
    await eventually("the other has all", () => numbersOf(seen(second)).filter((n) => n >= 9_600).length === 4);
  });

  it("finish the batch in flight before they stop, and checkpoint it", async () => {
    const host = await start("batches", { BATCHES: "crash" });
    await send("crash", [{ n: 1, sleep: 1200 }]);
    await eventually("it is seen", () => seen(host).length === 1);
    host.signal("SIGTERM");
    expect(await host.exited).toBe(0);
    expect(numbersOf(seen(host, "DONE"))).toEqual([1]);
    expect(await checkpointOf("crash")).toBe(0);
  });

  it("redeliver events without a checkpoint when one is killed", async () => {
    const before = await checkpointOf("crash");
    const host = await start("batches", { BATCHES: "crash" });
    await send("crash", [{ n: 10 }]);
    await eventually("the first is checkpointed", async () => (await checkpointOf("crash")) === before + 1);
    await send("crash", [{ n: 11, sleep: 30_000 }]);
    await eventually("the second is in flight", () => numbersOf(seen(host)).includes(11));
    await host.kill();
    await send("crash", [{ n: 12 }]);
    const next = await start("batches", { BATCHES: "crash" });
    await eventually("it is seen again, before what came later", () => numbersOf(seen(next)).includes(11));
    expect(numbersOf(seen(next))).not.toContain(10);
  });
});

describe("the connection", () => {
  it("is opened again when it was cut, and never carries more than prefetchCount ahead of the function", async () => {
    const proxy = await startProxy(Number(/:(\d+);/.exec(hubs.connectionString)?.[1]));
    const throughProxy = hubs.connectionString.replace(/:\d+;/, `:${proxy.port};`);
    const host = await start("batches", { BATCHES: "net", Hubs: throughProxy });
    await send("net", [{ n: 1 }]);
    await eventually("the first is seen", () => numbersOf(seen(host)).includes(1));
    proxy.cut();
    // Many small batches: without the bound, each would let the service send 20 events more ahead.
    for (let n = 2; n <= 12; n++) {
      await send("net", [{ n }]);
      await eventually(`${n} is seen`, () => numbersOf(seen(host)).includes(n));
    }
    await send("net", [{ n: 100, sleep: 60_000 }]);
    await eventually("the function is stuck", () => numbersOf(seen(host)).includes(100));
    const before = proxy.received;
    const padding = "x".repeat(10_000);
    for (let i = 0; i < 3; i++)
      await send(
        "net",
        Array.from({ length: 50 }, () => ({ n: 101, padding })),
      );
    await eventually("the service sends ahead", () => proxy.received - before > 10 * padding.length);
    await send("crash", [{ n: 0 }]);
    expect((proxy.received - before) / padding.length).toBeLessThan(25);
    await proxy.stop();
  });
});

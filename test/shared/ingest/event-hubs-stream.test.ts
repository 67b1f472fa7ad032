import { type AddressInfo, connect, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { AmqpFailure } from "../../../local/emulators/event-hubs/amqp-error.ts";
import type { Fault, FaultHooks, LostAcknowledgement } from "../../../local/emulators/event-hubs/faults.ts";
import { createEventHubsStream } from "../../../shared/ingest/event-hubs-stream.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { createProducer, HUB, startEmulator, temporaryFolder } from "../../emulators/event-hubs/support.ts";

/** A proxy in between that counts connections. */
async function startCounter(port: number): Promise<{ readonly port: number; count(): number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    const onward = connect(port, "127.0.0.1");
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) end.on("error", () => end.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, count: () => connections };
}

function connectStream(port: number, connectionString: string, deadlineMs = 5_000) {
  const there = connectionString.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`);
  const credential = () => {
    throw new Error("the connection string has a key");
  };
  const limits = { deadlineMs, maxPendingBytes: 1_000 };
  const stream = createEventHubsStream({
    connection: { connectionString: there },
    hub: HUB,
    credential,
    log: silent,
    ...limits,
  });
  onTestFinished(() => stream.close());
  return stream;
}

function portOf(connectionString: string): number {
  return Number(/:(\d+)/.exec(connectionString.replace(/^.*?\/\//, ""))?.[1]);
}

test("opening connects and sends nothing, and the first message goes over that connection", async () => {
  const { connectionString } = await startEmulator();
  const counter = await startCounter(portOf(connectionString));
  const stream = connectStream(counter.port, connectionString);
  await stream.open();
  expect(counter.count()).toBe(1);
  await stream.publish(Buffer.from("first"));
  expect(counter.count()).toBe(1);
});

test("a connection that cannot be opened is reported in time, and so is the message after it", async () => {
  const { connectionString, close } = await startEmulator();
  const counter = await startCounter(1);
  await close();
  const stream = connectStream(counter.port, connectionString, 500);
  await expect(stream.open()).rejects.toThrow();
  await expect(stream.publish(Buffer.from("first"))).rejects.toMatchObject({ code: "stream_unavailable" });
});

test("messages beyond the bytes that may wait are refused at once, and the waiting ones are sent", async () => {
  const { connectionString } = await startEmulator();
  const stream = connectStream(portOf(connectionString), connectionString);
  const fits = Promise.all([600, 400].map((bytes) => stream.publish(Buffer.alloc(bytes))));
  await expect(stream.publish(Buffer.alloc(1))).rejects.toMatchObject({ code: "stream_unavailable", retryAfter: 2 });
  await fits;
  await stream.publish(Buffer.alloc(1_000));
});

const FORCED: AmqpFailure = { condition: "amqp:link:detach-forced", description: "The link moves." };
const EXPIRED: AmqpFailure = { condition: "amqp:unauthorized-access", description: "ExpiredToken: it has expired." };

/** A fault for the first send, and none for those after it. */
function once<F extends Fault | LostAcknowledgement>(fault: F): () => F | undefined {
  const faults = [fault];
  return () => faults.shift();
}

async function startFaulty(faults: FaultHooks, deadlineMs?: number) {
  const { connectionString } = await startEmulator({ faults });
  const stream = connectStream(portOf(connectionString), connectionString, deadlineMs);
  await stream.open();
  const producer = createProducer(connectionString);
  const countStored = async (): Promise<number> => {
    const ids = await producer.getPartitionIds();
    const partitions = await Promise.all(ids.map((id) => producer.getPartitionProperties(id)));
    return partitions.reduce((sum, { lastEnqueuedSequenceNumber: last }) => sum + last + 1, 0);
  };
  const publish = async (text: string): Promise<number> => {
    const started = performance.now();
    await stream.publish(Buffer.from(text));
    return performance.now() - started;
  };
  return { connectionString, publish, countStored };
}

// The SDK alone leaves such a send waiting until its try ends, after 3 s.
test.each<[string, FaultHooks, number]>([
  ["a forced detach", { send: once({ do: "detach", error: FORCED }) }, 1],
  ["a forced detach after it was stored", { acknowledge: once({ do: "detach", error: FORCED }) }, 2],
  ["an expired token", { send: once({ do: "detach", error: EXPIRED }) }, 1],
  ["an expired token after it was stored", { acknowledge: once({ do: "detach", error: EXPIRED }) }, 2],
  ["a connection that drops", { send: once({ do: "drop" }) }, 1],
  ["a connection that drops after it was stored", { acknowledge: once({ do: "drop" }) }, 2],
])("a send in flight whose link goes by %s is sent again at once", async (_, faults, copies) => {
  const { publish, countStored } = await startFaulty(faults);
  expect(await publish("in flight")).toBeLessThan(2_900);
  expect(await countStored()).toBe(copies);
  expect(await publish("the next")).toBeLessThan(2_900);
});

test("every send on a link that goes is sent again, the one that has waited longest too", async () => {
  const faults: Fault[] = [
    { do: "delay", ms: 20_000 },
    { do: "detach", error: FORCED },
  ];
  let arrived = (): void => undefined;
  const first = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const send = (): Fault | undefined => {
    arrived();
    return faults.shift();
  };
  const { publish, countStored } = await startFaulty({ send });
  const slow = publish("slow");
  await first;
  expect(await publish("detached")).toBeLessThan(2_900);
  expect(await slow).toBeLessThan(2_900);
  expect(await countStored()).toBe(2);
});

test("a send whose link stays is waited for, and nothing is sent twice", async () => {
  const { publish, countStored } = await startFaulty({ send: once({ do: "delay", ms: 1_500 }) });
  await Promise.all([publish("slow"), publish("with it")]);
  expect(await countStored()).toBe(2);
});

test("an acknowledgement that gets lost costs one try of 3 s, and not the deadline", async () => {
  const { publish, countStored } = await startFaulty({ acknowledge: once({ do: "lose" }) }, 10_000);
  expect(await publish("lost")).toBeLessThan(5_900);
  expect(await countStored()).toBe(2);
});

test("a link that is lost at every send is given up at the deadline", async () => {
  const { publish } = await startFaulty({ send: () => ({ do: "detach", error: FORCED }) }, 1_000);
  await expect(publish("never")).rejects.toMatchObject({ code: "stream_unavailable", retryAfter: 5 });
});

test("a send in flight while Event Hubs restarts is sent again when it is back", async () => {
  const dataDir = await temporaryFolder();
  let arrived = (): void => undefined;
  const inFlight = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const send = (): Fault => {
    arrived();
    return { do: "delay", ms: 20_000 };
  };
  const before = await startEmulator({ dataDir, faults: { send } });
  const port = portOf(before.connectionString);
  const stream = connectStream(port, before.connectionString);
  const published = stream.publish(Buffer.from("in flight"));
  await inFlight;
  await before.close();
  await startEmulator({ dataDir, port });
  await published;
});

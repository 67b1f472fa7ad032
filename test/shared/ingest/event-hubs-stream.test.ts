import { type AddressInfo, connect, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createEventHubsStream } from "../../../shared/ingest/event-hubs-stream.ts";
import { HUB, startEmulator } from "../../emulators/event-hubs/support.ts";

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
  const stream = createEventHubsStream({ connection: { connectionString: there }, hub: HUB, credential, ...limits });
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

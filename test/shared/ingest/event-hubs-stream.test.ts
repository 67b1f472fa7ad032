import { type AddressInfo, connect, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createEventHubsStream } from "../../../shared/ingest/event-hubs-stream.ts";
import { HUB, startEmulator } from "../../emulators/event-hubs/support.ts";

/** Something in between that counts connections. */
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
  const stream = createEventHubsStream({ connection: { connectionString: there }, hub: HUB, credential, deadlineMs });
  onTestFinished(() => stream.close());
  return stream;
}

test("opening connects and sends nothing, and the first message goes over that connection", async () => {
  const { connectionString } = await startEmulator();
  const counter = await startCounter(Number(/:(\d+)/.exec(connectionString.replace(/^.*?\/\//, ""))?.[1]));
  const stream = connectStream(counter.port, connectionString);
  await stream.open();
  expect(counter.count()).toBe(1);
  await stream.publish(Buffer.from("first"));
  expect(counter.count()).toBe(1);
});

test("what cannot be opened says so in time, and so does the message after it", async () => {
  const { connectionString, close } = await startEmulator();
  const counter = await startCounter(1);
  await close();
  const stream = connectStream(counter.port, connectionString, 500);
  await expect(stream.open()).rejects.toThrow();
  await expect(stream.publish(Buffer.from("first"))).rejects.toMatchObject({ code: "stream_unavailable" });
});

import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { readBody } from "../../../local/emulators/functions-host/http/read-request.ts";

const server = createServer();
afterEach(() => server.closeAllConnections());

/** Begins a request of `length` bytes, of which the first ones are sent. */
async function begin(sent: string, length: number): Promise<{ request: IncomingMessage; send(more: string): void }> {
  if (!server.listening) await once(server.listen(0, "127.0.0.1"), "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => undefined).write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n${sent}`);
  const [request] = (await once(server, "request")) as [IncomingMessage];
  return { request, send: (more) => void socket.write(more) };
}

describe("a slow body", () => {
  const rate = { bytesPerSecond: 240, graceMs: 60, lookMs: 20 };

  it("is given up when less than 240 bytes a second have come after the grace", async () => {
    const { request } = await begin("a", 100);
    await expect(readBody(request, 100, rate)).rejects.toThrow("arriving too slowly: 1 bytes in 80 ms");
  });

  it("is read when it is fast enough at each look, and when it is whole within the grace", async () => {
    const ahead = await begin("a".repeat(90), 100);
    const read = readBody(ahead.request, 100, rate);
    // Some looks later.
    setTimeout(() => ahead.send("b".repeat(10)), 150);
    expect((await read)?.length).toBe(100);
    const small = await begin("ab", 2);
    expect(String(await readBody(small.request, 2, rate))).toBe("ab");
  });
});

import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What happens to a request: `taken` reaches the server, and its answer is lost. */
export type Fault = "none" | "down" | "refused" | "slow" | "reset" | "taken" | "cut";
export const faults: readonly Fault[] = ["none", "down", "refused", "slow", "reset", "taken", "cut"];

export interface FaultyProxy {
  readonly url: string;
  fault: Fault;
  /** How often each fault was met. */
  readonly met: Map<Fault, number>;
  close(): Promise<void>;
}

/** A way to a server on which all goes wrong that can. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const proxy = { fault: "none" as Fault, met: new Map<Fault, number>() };
  const server = createServer((incoming, response) => {
    const { fault } = proxy;
    proxy.met.set(fault, (proxy.met.get(fault) ?? 0) + 1);
    response.on("error", () => undefined);
    incoming.on("error", () => undefined);
    if (fault === "down") return void incoming.socket.destroy();
    if (fault === "reset") return void incoming.once("data", () => incoming.socket.resetAndDestroy());
    if (fault === "refused") return void incoming.resume().once("end", () => response.writeHead(503).end("<html>503"));
    forward(target, incoming, response, fault);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}

function forward(target: string, incoming: IncomingMessage, response: ServerResponse, fault: Fault): void {
  const { method, headers } = incoming;
  const outgoing = request(`${target}${incoming.url}`, { method, headers }, (answer) => {
    if (fault === "taken") return void incoming.socket.destroy();
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    if (fault === "cut")
      return void answer.once("data", (chunk: Buffer) => {
        response.write(chunk.subarray(0, 20));
        setImmediate(() => incoming.socket.destroy());
      });
    // Longer than the clients of these tests wait.
    if (fault === "slow") setTimeout(() => answer.pipe(response), 2_500);
    else answer.pipe(response);
  });
  outgoing.on("error", () => incoming.socket.destroy());
  incoming.pipe(outgoing);
}

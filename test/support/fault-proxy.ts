import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** An answer in the product's place; no answer, before it is asked; or none, when it has done what it was asked. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | "cut"
  | "lost";

/** What an SDK tries again after, each with its name. */
export const passingFaults: readonly (readonly [string, Fault])[] = [
  ["a 429", { status: 429, headers: { "retry-after": "1" } }],
  ["a 503", { status: 503 }],
  ["a cut connection", "cut"],
  ["an answer that is lost after the events were taken", "lost"],
];

export interface FaultProxy {
  readonly url: string;
  /** How many posted, with those that met a fault. */
  requests(): number;
  close(): Promise<void>;
}

/**
 * A proxy in front of the product: each of the first that post meets a fault, and all others pass. Each has a
 * connection of its own: where one that was used before is cut, a browser sends again by itself, and tells nobody.
 */
export async function startProxy(origin: string, faults: readonly Fault[]): Promise<FaultProxy> {
  let count = 0;
  const server = createServer((request, response) => {
    // A page asks more than it sends: preflights, and what its SDK starts with.
    const fault = request.method === "POST" ? faults[count++] : undefined;
    if (fault === "cut") request.socket.destroy();
    else if (typeof fault === "object") answer(request, response, fault);
    else void forward(origin, request, response, fault === "lost").catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => count,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A page may read it, as every answer of the product's. */
function answer(request: IncomingMessage, response: ServerResponse, fault: Exclude<Fault, string>): void {
  const headers = {
    ...{ "access-control-allow-origin": request.headers.origin ?? "*", connection: "close" },
    ...fault.headers,
  };
  request.resume().on("end", () => response.writeHead(fault.status, headers).end(fault.body));
}

async function forward(
  origin: string,
  request: IncomingMessage,
  response: ServerResponse,
  isLost: boolean,
): Promise<void> {
  const body = await buffer(request);
  const { host, connection, "content-length": length, "transfer-encoding": encoding, ...headers } = request.headers;
  const answered = await fetch(origin + request.url, {
    method: request.method ?? "GET",
    headers: headers as Record<string, string>,
    redirect: "manual",
    ...(body.length > 0 && { body }),
  });
  const content = Buffer.from(await answered.arrayBuffer());
  if (isLost) return void request.socket.destroy();
  // What `fetch` has unpacked is not packed again.
  const own = [...answered.headers].filter(
    ([name]) => !/^(content-(length|encoding)|transfer-encoding|connection)$/.test(name),
  );
  response.writeHead(answered.status, { ...Object.fromEntries(own), connection: "close" }).end(content);
}

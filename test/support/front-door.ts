import { createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import type { AddressInfo } from "node:net";

export interface FrontDoorOptions {
  /** The origin: the function app, without a slash at the end. */
  readonly origin: string;
  /** What it says in `X-Azure-FDID`. */
  readonly profileId: string;
  /** Requests that it lets through before it answers 429, as its firewall does. Default: all. */
  readonly allowed?: number;
}

export interface FrontDoor {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * A proxy that speaks to its origin as Azure Front Door does: HTTP/1.1 with the origin's own `Host`, the host and the
 * address of the client in headers of its own whatever the client sent in them, 411 and 429 of its own as HTML.
 * https://learn.microsoft.com/azure/frontdoor/front-door-http-headers-protocol
 */
export async function startFrontDoor(options: FrontDoorOptions): Promise<FrontDoor> {
  let taken = 0;
  const server = createServer((request, response) => {
    const { "content-length": length, "transfer-encoding": encoding } = request.headers;
    if (request.method === "POST" && length === undefined && encoding === undefined) return refuse(response, 411);
    if (++taken > (options.allowed ?? Number.POSITIVE_INFINITY)) return refuse(response, 429);
    forward(request, response, options);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "text/html" }).end(`<html><body><h2>${status}</h2></body></html>`);
}

function forward(request: IncomingMessage, response: ServerResponse, { origin, profileId }: FrontDoorOptions): void {
  const { hostname, port, host } = new URL(origin);
  const asked = request.headers["x-test-host"] ?? request.headers.host ?? "";
  const client = request.socket.remoteAddress ?? "";
  const kept = Object.entries(request.headers).filter(([name]) => !/^(x-fd-|x-azure-|x-test-host)/.test(name));
  const headers = {
    ...Object.fromEntries(kept),
    host,
    via: "1.1 Azure",
    "x-azure-fdid": profileId,
    "x-azure-socketip": client,
    "x-azure-clientip": client,
    "x-forwarded-host": asked,
    "x-forwarded-proto": "https",
    "x-forwarded-for": [request.headers["x-forwarded-for"], client].filter(Boolean).join(", "),
  };
  const onward = send({ hostname, port, method: request.method, path: request.url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => refuse(response, 502));
  request.pipe(onward);
}

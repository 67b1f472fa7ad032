import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { listen } from "@headrace/emulators/kit/listen.ts";
import { KEEP_ALIVE_MS } from "@headrace/emulators/kit/serve-http.ts";
import { createUsageCounter, type Usage } from "../usage/usage-counter.ts";
import type { FaultSource } from "./fault-source.ts";
import type { IsGone } from "./gone-blobs.ts";
import { bodyOf, forbidden, headersOf, type StorageError } from "./storage-error.ts";

export interface StorageProxy {
  readonly port: number;
  /** Requests so far, by method and queue or container: `PUT claims`. */
  requests(): Usage;
  /** From now on requests are refused, as without a role; or are not any more. */
  refuse(refusing: boolean): void;
  close(): void;
}

/**
 * Stands in front of Azurite and makes requests fail before or after they are done: puts and deletes that commit and
 * lose their answer among them. Signatures do not cover the host, so requests go through as they are.
 */
export async function startStorageProxy(
  target: URL,
  source: FaultSource,
  isGone: IsGone = () => false,
): Promise<StorageProxy> {
  const agent = new http.Agent({ keepAlive: true });
  const usage = createUsageCounter();
  let refusing = false;
  const server = http.createServer((request, response) => {
    usage.add(nameRequest(request));
    if (refusing) return refuse(request, response, forbidden);
    if (isGone(request.method ?? "", request.url ?? "")) return refuse(request, response, gone);
    forward(target, agent, source, request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return {
    port: await listen(server, 0),
    requests: usage.read,
    refuse: (now) => {
      refusing = now;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

/** `/account/work/messages?…` → `POST work` */
function nameRequest({ method, url = "" }: http.IncomingMessage): string {
  return `${method} ${url.split(/[/?]/)[2] ?? ""}`;
}

const gone: StorageError = { status: 404, code: "BlobNotFound", message: "The specified blob does not exist." };

function refuse(request: http.IncomingMessage, response: http.ServerResponse, error: StorageError): void {
  request.resume();
  response.writeHead(error.status, headersOf(error)).end(request.method === "HEAD" ? undefined : bodyOf(error));
}

async function forward(
  target: URL,
  agent: http.Agent,
  source: FaultSource,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const fault = source.draw("forbidden", "unavailable", "dropped", "slow");
  if (fault === "forbidden") return refuse(request, response, forbidden);
  if (fault === "dropped") return void request.socket.destroy();
  if (fault === "unavailable") {
    request.resume();
    return void response.writeHead(503, { "x-ms-error-code": "ServerBusy" }).end();
  }
  if (fault === "slow") await sleep(400);
  const passed = await pass(target, agent, request);
  const chunks = (await passed.toArray()) as Buffer[];
  if (source.draw("lost-answer")) return void request.socket.destroy();
  response.writeHead(passed.statusCode ?? 500, passed.rawHeaders);
  response.end(Buffer.concat(chunks));
}

function pass(target: URL, agent: http.Agent, request: http.IncomingMessage): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method, url: path, rawHeaders: headers } = request;
    const onward = http.request(
      { agent, hostname: target.hostname, port: target.port, method, path, headers },
      resolve,
    );
    onward.on("error", reject);
    request.on("error", reject);
    request.pipe(onward);
  });
}

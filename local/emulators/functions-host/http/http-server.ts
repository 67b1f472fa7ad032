import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { HOST, listen } from "../../kit/listen.ts";
import type { HttpConfig } from "../host-config.ts";
import { HostError, messageOf } from "../host-error.ts";
import type { Invoke } from "../invoke.ts";
import { createWorkInFlight, settlesWithin } from "../work-in-flight.ts";
import { createAdmission } from "./admission.ts";
import { createRpcCall } from "./call-function.ts";
import { type HttpGate, openGate } from "./gate.ts";
import type { HostKeys } from "./host-keys.ts";
import { refuseAsKestrel } from "./kestrel.ts";
import { bodyLengthOf, MAX_BODY_BYTES } from "./read-request.ts";
import { refuseGarbage } from "./refuse-garbage.ts";
import { decodePath, splitTarget } from "./request-path.ts";
import type { MatchedRoute, RouteTable } from "./route-table.ts";
import { createStreamCall } from "./streaming/stream-call.ts";
import { writeEmpty, writeForeign } from "./write-response.ts";

/** What is read of a request line and headers, so that they can be refused as the real host's server does. */
const MAX_HEADER_BYTES = 128 * 1024;

/** Answers the host's own paths; false for any other path. */
export type HandleAdmin = (request: IncomingMessage, response: ServerResponse, path: string) => boolean;

export interface HttpServerDeps {
  readonly table: RouteTable;
  readonly invoke: Invoke;
  /** The worker's own server, when the app streams HTTP. */
  readonly workerUri?: string | undefined;
  readonly handleAdmin: HandleAdmin;
  readonly keys: HostKeys;
  readonly gate?: HttpGate | undefined;
  readonly reportError: (message: string) => void;
}

export interface HttpServerOptions {
  readonly port: number;
  readonly config: HttpConfig;
  /** Nothing of a longer body is kept, and its function gets none. Default: 100 MiB. */
  readonly maxBodyBytes?: number | undefined;
}

export interface HttpServer {
  readonly baseUrl: string;
  /** Takes no new connection, and resolves when the requests under way are answered or `drainMs` has passed. */
  stop(drainMs: number): Promise<void>;
}

/** Serves the app's HTTP functions on plain HTTP. */
export async function startHttpServer(
  { table, invoke, workerUri, handleAdmin, keys, gate = openGate, reportError }: HttpServerDeps,
  { port, config, maxBodyBytes = MAX_BODY_BYTES }: HttpServerOptions,
): Promise<HttpServer> {
  const admission = createAdmission(config);
  const work = createWorkInFlight();
  const customHeaders = Object.entries(config.customHeaders);
  let origin = HOST;
  let stopping = false;
  const callOptions = { origin: () => origin, maxBodyBytes };
  const call = workerUri ? createStreamCall(invoke, workerUri, callOptions) : createRpcCall(invoke, callOptions);

  async function answer(matched: MatchedRoute, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const instead = gate.enter();
    if (instead) {
      request.resume();
      return writeForeign(response, instead);
    }
    await keys.check(request, matched.route.fn.name);
    const write = await call(matched, request, response);
    if (!write) return;
    if (stopping) response.setHeader("connection", "close");
    const lost = gate.leave();
    if (lost) writeForeign(response, lost);
    else write(response);
  }

  async function admit(matched: MatchedRoute, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const entered = admission.enter();
    if (!entered) {
      request.resume();
      return writeEmpty(response, 429);
    }
    await entered;
    try {
      await answer(matched, request, response);
    } catch (error) {
      reportError(`${matched.route.fn.name} could not be called or answered: ${messageOf(error)}`);
      request.resume();
      response.shouldKeepAlive = false;
      if (!response.headersSent) writeEmpty(response, 500);
      else response.destroy();
    } finally {
      admission.leave();
    }
  }

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const refused = refuseAsKestrel(request);
    if (refused !== undefined) {
      response.setHeader("connection", "close");
      writeEmpty(response, refused);
      return;
    }
    for (const [name, value] of customHeaders) response.setHeader(name, value);
    const path = decodePath(splitTarget(request.url ?? "/").path);
    if (bodyLengthOf(request) > MAX_BODY_BYTES) {
      // What binds the body fails (azure-functions-host#10519).
      response.setHeader("connection", "close");
      writeEmpty(response, 500);
      return;
    }
    if (handleAdmin(request, response, path)) return;
    const matched = table.find(request.method ?? "GET", path);
    if (!matched) {
      request.resume();
      writeEmpty(response, 404);
      return;
    }
    const closed = new Promise((resolve) => response.once("close", resolve));
    void work.track(Promise.all([admit(matched, request, response), closed]));
  }

  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, serve);
  // Nobody is asked for a body that will not be read, such as a chunked one in the ordinary mode; then nobody knows
  // whether it comes, so that the connection ends with the answer.
  server.on("checkContinue", (request, response) => {
    const length = bodyLengthOf(request);
    if (length > 0 && length <= maxBodyBytes) response.writeContinue();
    else response.shouldKeepAlive = false;
    serve(request, response);
  });
  refuseGarbage(server);
  // Kestrel's: longer than clients and proxies keep a connection, so that they close it and not the server.
  server.keepAliveTimeout = 130_000;
  const actual = await listen(server, port).catch((error: unknown) => {
    throw new HostError(`Cannot listen on ${HOST}:${port}: ${messageOf(error)}`);
  });
  origin = `${HOST}:${actual}`;

  return {
    baseUrl: `http://${origin}`,
    stop: async (drainMs) => {
      stopping = true;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await settlesWithin(work.whenAtMost(0), drainMs);
      server.closeAllConnections();
      await closed;
    },
  };
}

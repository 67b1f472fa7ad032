import { Agent, type ClientRequest, type IncomingMessage, request as send } from "node:http";

/** Headers that are of one connection, and those that the forwarder sets anew (YARP `RequestUtilities.cs`). */
const NOT_FORWARDED: ReadonlySet<string> = new Set([
  "connection",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-ms-invocation-id",
]);

const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS"]);

export interface Forwarding {
  readonly request: IncomingMessage;
  /** The worker's own server (its capability `HttpUri`). */
  readonly workerUri: string;
  /** Path and query as the host spells them. */
  readonly target: string;
  /** Of the host, for requests without one. */
  readonly host: string;
  readonly invocationId: string;
  /** A body that was read already; undefined: it is passed on as it comes. */
  readonly body: Buffer | undefined;
  /** The client is told to send its body (`Expect: 100-continue`). */
  readonly onContinue: () => void;
}

/** The forwarder gives up on an exchange in which nothing moves for so long (`ForwarderRequestConfig`). */
export const ACTIVITY_MS = 240_000;

/** What a client still sends when all else is done is read for so long, so that it sees its answer (Kestrel). */
const DRAIN_MS = 5_000;

/** Connections to the worker are kept, as the host's `SocketsHttpHandler` does; idle ones keep no process alive. */
const agent = new Agent({ keepAlive: true });

/**
 * Passes a request on to the worker's own server: same method, path, query and headers, its body as it comes. Without
 * a length it is chunked there too; trailers are not passed on. Resolves with the head of the answer. Rejects when the
 * worker cannot be reached, breaks off, or when nothing moves for 240 s. A client that goes away takes it along.
 */
export function forward({ request, workerUri, ...what }: Forwarding): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(workerUri);
    const onward = send({
      ...{ agent, hostname, port, method: request.method, path: what.target, timeout: ACTIVITY_MS },
      headers: ["host", host, ...headersOf(request, what)],
    });
    onward.once("response", resolve).on("error", reject);
    onward.once("timeout", () => onward.destroy(new Error(`nothing moved for ${ACTIVITY_MS} ms`)));
    onward.once("close", () => drain(request));
    request.once("close", () => {
      if (!request.complete) onward.destroy(new Error("the client has gone"));
    });
    sendBody(onward, request, what);
  });
}

function drain(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  const timer = setTimeout(() => request.socket.destroy(), DRAIN_MS).unref();
  request
    .unpipe()
    .resume()
    .once("close", () => clearTimeout(timer));
}

function headersOf(request: IncomingMessage, { host, invocationId }: Omit<Forwarding, "request" | "workerUri">) {
  const headers: string[] = [];
  const { rawHeaders, socket } = request;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    if (!NOT_FORWARDED.has(name.toLowerCase())) headers.push(name, rawHeaders[i + 1] ?? "");
  }
  headers.push("x-forwarded-for", socket.remoteAddress ?? "", "x-forwarded-host", request.headers.host ?? host);
  headers.push("x-forwarded-proto", "http", "x-ms-invocation-id", invocationId);
  const { "transfer-encoding": encoding, "content-length": length } = request.headers;
  if (encoding !== undefined) headers.push("transfer-encoding", "chunked");
  else if (length === undefined && !BODILESS.has(request.method ?? "")) headers.push("content-length", "0");
  return headers;
}

/** The head goes at once, whether or not anything of the body has come (YARP `StreamCopyHttpContent.cs`). */
function sendBody(onward: ClientRequest, request: IncomingMessage, { body, onContinue }: Partial<Forwarding>): void {
  if (body) {
    onward.end(body);
    return;
  }
  onward.flushHeaders();
  if (request.headers.expect === undefined) {
    request.pipe(onward);
    return;
  }
  onward.once("continue", () => {
    onContinue?.();
    request.pipe(onward);
  });
}

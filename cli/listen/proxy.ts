import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { request as httpsRequest } from "node:https";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Answered, type Captured, type Exchange, MOST_CAPTURED } from "./exchange.ts";

export interface ProxyOptions {
  /** Where everything is passed on to. */
  readonly target: URL;
  readonly onExchange: (exchange: Exchange) => void;
}

/** Of one connection, and not passed on (RFC 9110, section 7.6.1). `Expect` has been answered by this server. */
const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "expect"];

/**
 * A server that passes every request on as it is, and its answer back as it is, bytes as they come. Each exchange is
 * told when its answer has gone back.
 */
export function createProxy(options: ProxyOptions): Server {
  let count = 0;
  return createServer((request, response) => {
    count++;
    void passOn(options, count, request, response);
  });
}

async function passOn(
  { target, onExchange }: ProxyOptions,
  number: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const began = performance.now();
  const at = new Date();
  const sent = capture();
  const back = capture();
  let answer: Omit<Answered, "body"> | undefined;
  let failure: string | undefined;
  try {
    const incoming = await ask(target, request, response, sent.stream);
    answer = { status: incoming.statusCode ?? 0, headers: incoming.headers };
    response.writeHead(answer.status, incoming.statusMessage, passable(incoming.rawHeaders));
    await pipeline(incoming, back.stream, response);
  } catch (error) {
    failure = describe(error);
    if (response.headersSent) response.destroy();
    else answerUnreachable(response, target, failure);
  }
  const { method = "", url = "/", headers } = request;
  onExchange({
    ...{ number, at, method, path: url, headers, body: sent.captured(), tookMs: performance.now() - began },
    ...(answer && { answer: { ...answer, body: back.captured() } }),
    ...(failure !== undefined && { failure }),
  });
}

/** Sends it on; a caller that goes away ends it too. */
async function ask(
  target: URL,
  request: IncomingMessage,
  response: ServerResponse,
  through: Transform,
): Promise<IncomingMessage> {
  const send = target.protocol === "https:" ? httpsRequest : httpRequest;
  const path = `${target.pathname.replace(/\/$/, "")}${request.url ?? "/"}`;
  const headers = [...passable(request.rawHeaders, ["host"]), "host", target.host];
  const outgoing = send({ ...addressOf(target), method: request.method, path, headers, agent: false });
  response.once("close", () => outgoing.destroy());
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", resolve).once("error", reject);
  });
  // What breaks the body breaks `outgoing`, and is told there. A refusal that came before it counts.
  pipeline(request, through, outgoing).catch(() => undefined);
  return await answered;
}

const addressOf = ({ hostname, port }: URL) => ({
  hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
  ...(port !== "" && { port }),
});

/** Raw fields, as Node takes them: name, value, name, value. Repeated ones stay repeated. */
function passable(raw: readonly string[], without: readonly string[] = []): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name = "", value = ""] = [raw[i], raw[i + 1]];
    if (![...HOP_BY_HOP, ...without].includes(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

function capture(): { readonly stream: Transform; captured(): Captured } {
  const chunks: Buffer[] = [];
  let size = 0;
  let whole = true;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size <= MOST_CAPTURED) chunks.push(chunk);
      else whole = false;
      done(null, chunk);
    },
  });
  return { stream, captured: () => ({ bytes: Buffer.concat(chunks), whole }) };
}

function answerUnreachable(response: ServerResponse, target: URL, reason: string): void {
  const body = JSON.stringify({
    type: "about:blank",
    title: "Bad Gateway",
    status: 502,
    code: "target_unreachable",
    detail: `${target.origin} did not answer: ${reason}`,
    fix: "Start the product with `npm start`, or give `headrace listen` another address with `--to`.",
  });
  response.writeHead(502, { "content-type": "application/problem+json", connection: "close" }).end(body);
}

function describe(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || String(error);
}

import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { CertificateFiles } from "./certificate/certificate.ts";
import { close, listen } from "./listen.ts";

/** A request, read whole. */
export interface HttpRequest {
  readonly method: string;
  /** As sent, percent-encoded, with its query string. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** After so many bytes of the body the connection is closed; at least 1. */
  readonly cutAt?: number;
}

/** `dropped` closes the connection without an answer. */
export type AnswerRequest = (request: HttpRequest) => Promise<HttpAnswer | "dropped">;

export interface HttpServiceOptions {
  /** 0 takes any free one. */
  readonly port: number;
  /** Default: plain HTTP. */
  readonly certificate?: Pick<CertificateFiles, "cert" | "key"> | undefined;
  readonly maxBodyBytes: number;
  /** The answer to a request with a larger body, once it is read to its end: a broken connection would say nothing. */
  readonly tooLarge: HttpAnswer;
}

export interface HttpService {
  readonly port: number;
  /** Idle connections end at once; requests under way are answered first, but not waited for longer than `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Longer than clients keep idle connections, so that none is closed while a request is on its way. */
export const KEEP_ALIVE_MS = 120_000;

/** Serves HTTP or HTTPS on 127.0.0.1. Rejects when the port is taken, or a file of the certificate is not there. */
export async function serveHttp(answer: AnswerRequest, options: HttpServiceOptions): Promise<HttpService> {
  const server = await openServer(options, (request, response) => void exchange(answer, options, request, response));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const port = await listen(server, options.port);
  return { port, close: (graceMs) => close(server, graceMs) };
}

/** With the body as JSON. */
export function answerJson(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  const type = { "content-type": "application/json; charset=utf-8" };
  return { status, headers: { ...type, ...headers }, body: JSON.stringify(body) };
}

async function openServer({ certificate }: HttpServiceOptions, listener: RequestListener): Promise<Server> {
  if (!certificate) return createServer(listener);
  const [cert, key] = await Promise.all([readFile(certificate.cert), readFile(certificate.key)]);
  return createTlsServer({ cert, key }, listener);
}

async function exchange(
  answer: AnswerRequest,
  { maxBodyBytes, tooLarge }: HttpServiceOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const body = await readBody(request, maxBodyBytes);
    const { method = "GET", url: path = "/" } = request;
    const headers = request.headers as HttpRequest["headers"];
    const answered = body === undefined ? tooLarge : await answer({ method, path, headers, body });
    if (answered === "dropped") return void request.socket.destroy();
    const bytes = Buffer.from(answered.body);
    response.writeHead(answered.status, { ...answered.headers, "content-length": bytes.length });
    if (answered.cutAt === undefined) return void response.end(bytes);
    response.write(bytes.subarray(0, answered.cutAt), () => request.socket.destroy());
  } catch {
    // The client went away while it was sending.
    request.socket.destroy();
  }
}

/** Undefined when it is larger than that; it is read to its end all the same. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
  }
  return size <= maxBytes ? Buffer.concat(chunks).toString() : undefined;
}

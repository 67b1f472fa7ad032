import type { IncomingMessage } from "node:http";
import type { HttpData, Nullable } from "../core-types.ts";
import { decodeHeader } from "./kestrel.ts";
import { decodePath, encodePath, splitTarget } from "./request-path.ts";

/** `ScriptConstants.DefaultMaxRequestBodySize` of the real host. */
export const MAX_BODY_BYTES = 104_857_600;

/** The length that a request announces for its body; 0 without one. */
export function bodyLengthOf({ headers }: IncomingMessage): number {
  return Number(headers["content-length"] ?? 0);
}

type Mapping = Record<string, Nullable<string>>;

/** Repeated names become one, joined by a comma, whatever their case: .NET's `StringValues.ToString()`. */
function createJoiner(): { mapping: Mapping; add(name: string, value: string): void } {
  // Without a prototype: `__proto__` is a name like any other in a query.
  const mapping: Mapping = Object.create(null);
  const known = new Map<string, Nullable<string>>();
  const add = (name: string, value: string): void => {
    const key = name.toLowerCase();
    const entry = known.get(key);
    if (entry) {
      entry.value += `,${value}`;
      return;
    }
    const added = { value };
    known.set(key, added);
    mapping[name] = added;
  };
  return { mapping, add };
}

/** With the client's address as App Service's front end adds it: after whatever the client has sent itself. */
export function readHeaders({ rawHeaders, socket }: IncomingMessage): Mapping {
  const { mapping, add } = createJoiner();
  for (let i = 0; i < rawHeaders.length; i += 2) add(rawHeaders[i] ?? "", decodeHeader(rawHeaders[i + 1] ?? ""));
  if (socket.remoteAddress !== undefined) add("x-forwarded-for", `${socket.remoteAddress}:${socket.remotePort}`);
  return mapping;
}

function readQuery(query: string): Mapping {
  if (query === "") return {};
  const { mapping, add } = createJoiner();
  for (const [name, value] of new URLSearchParams(query)) add(name, value);
  return mapping;
}

function wrapParams(params: Readonly<Record<string, string>>): Mapping {
  const mapping: Mapping = {};
  for (const name in params) mapping[name] = { value: params[name] ?? "" };
  return mapping;
}

/** Kestrel's `MinRequestBodyDataRate`: a body must come at least as fast, all in all, when `graceMs` have passed. */
const BODY_RATE = { bytesPerSecond: 240, graceMs: 5_000, lookMs: 1_000 };

/** Resolves with undefined when the client went away before the end. Rejects when a body comes too slowly. */
export function readBody(request: IncomingMessage, length: number, rate = BODY_RATE): Promise<Buffer | undefined> {
  const body = Buffer.allocUnsafe(length);
  let filled = 0;
  // Not by a clock: time in which this process stood still is nobody's fault.
  let waitedMs = 0;
  return new Promise<Buffer | undefined>((resolve, reject) => {
    const clock = setInterval(() => {
      waitedMs += rate.lookMs;
      if (waitedMs <= rate.graceMs || filled * 1_000 >= waitedMs * rate.bytesPerSecond) return;
      clearInterval(clock);
      reject(new SlowBody(filled, waitedMs));
    }, rate.lookMs);
    const settle = (whole?: Buffer): void => {
      clearInterval(clock);
      resolve(whole);
    };
    request.on("data", (chunk: Buffer) => {
      filled += chunk.copy(body, filled);
    });
    request.once("end", () => settle(filled === length ? body : undefined));
    request.once("error", () => settle());
    request.once("close", () => settle());
  });
}

class SlowBody extends Error {
  constructor(bytes: number, ms: number) {
    super(`Reading the request body timed out due to data arriving too slowly: ${bytes} bytes in ${ms} ms.`);
  }
}

/**
 * A request as the host puts it on its RPC channel. A body is forwarded only when Content-Length announces one:
 * chunked uploads arrive empty (host `GrpcMessageConversionExtensions.cs`). One that is longer than `maxBodyBytes`
 * arrives empty too, and its function judges by the length. Its bytes are thrown away as they come: a client that is
 * still sending would miss the answer on a connection that is closed.
 *
 * @returns undefined when the client went away while its body was read
 */
export async function readRequest(
  request: IncomingMessage,
  origin: string,
  params: Readonly<Record<string, string>>,
  maxBodyBytes: number,
): Promise<HttpData | undefined> {
  const { path, query } = splitTarget(request.url ?? "/");
  const data: HttpData = {
    method: request.method ?? "GET",
    url: `http://${request.headers.host ?? origin}${encodePath(decodePath(path))}${query && `?${query}`}`,
    nullableHeaders: readHeaders(request),
    nullableQuery: readQuery(query),
    nullableParams: wrapParams(params),
  };
  const length = bodyLengthOf(request);
  if (length > 0 && length <= maxBodyBytes) {
    const body = await readBody(request, length);
    if (!body) return undefined;
    data.body = { bytes: body };
  } else {
    request.resume();
  }
  return data;
}

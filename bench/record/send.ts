import { request } from "node:http";
import { buffer } from "node:stream/consumers";
import type { Received, Sent } from "./exchange.ts";

/** Longer than any answer takes; the product's own deadlines come first. */
const TIMEOUT_MS = 60_000;

/** Sends one request over a connection of its own, so that no answer depends on another. Rejects without an answer. */
export function send(origin: string, { method, path, headers, body, chunked = false }: Sent): Promise<Received> {
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const framing = chunked ? { "transfer-encoding": "chunked" } : { "content-length": String(bytes?.length ?? 0) };
  return new Promise((resolve, reject) => {
    const outgoing = request(`${origin}${path}`, {
      method,
      agent: false,
      timeout: TIMEOUT_MS,
      headers: { "user-agent": "headrace-record", connection: "keep-alive", ...framing, ...copy(headers) },
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer to ${method} ${path}`)));
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      const { statusCode: status = 0, rawHeaders, socket } = incoming;
      buffer(incoming)
        .then((received) => resolve({ status, headers: pairsOf(rawHeaders), body: received }), reject)
        .finally(() => socket.destroy());
    });
    outgoing.end(bytes);
  });
}

function copy(headers: Sent["headers"]): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([, value]) => value.length > 0)
      .map(([name, value]) => [name, typeof value === "string" ? value : [...value]]),
  );
}

function pairsOf(raw: readonly string[]): (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([raw[i]?.toLowerCase() ?? "", raw[i + 1] ?? ""]);
  return pairs;
}

import type { IncomingMessage, ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";

/** Takes everything, as each of the SDKs wants to hear it. Tells `onEvents` how many events came. */
export function answer(request: IncomingMessage, response: ServerResponse, onEvents: (count: number) => void): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const count = countOf(Buffer.concat(chunks));
    const isOurs = request.url?.startsWith("/api/v1/events") ?? false;
    const headers = { "content-type": "application/json", "access-control-allow-origin": "*" };
    const body = isOurs ? { receipt_id: "r", accepted: count, results: [] } : { status: 1 };
    response.writeHead(isOurs ? 202 : 200, headers).end(JSON.stringify(body));
    onEvents(count);
  });
}

/** Events in a body of ours, Segment's or PostHog's; 0 for one that has none. */
function countOf(body: Buffer): number {
  const text = body[0] === 0x1f ? gunzipSync(body).toString() : body.toString();
  try {
    const found = JSON.parse(text) as { events?: unknown[]; batch?: unknown[]; event?: unknown } | unknown[];
    if (Array.isArray(found)) return found.length;
    return (found.events ?? found.batch ?? (found.event ? [found] : [])).length;
  } catch {
    return 0;
  }
}

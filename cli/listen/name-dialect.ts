import type { Exchange } from "./exchange.ts";
import { unpack } from "./read-events.ts";

type Asked = Pick<Exchange, "path" | "headers" | "body">;

const byPath: readonly (readonly [RegExp, string])[] = [
  [/^\/(?:beacon\/v1\/batch|sourceConfig)\b/, "RudderStack"],
  [/^\/v1\/(?:batch|track|identify|page|screen|group|alias|[btipsga])\/?$/, "Segment"],
  [/^\/v1\/projects\/[^/]+\/settings$/, "Segment"],
  [/^\/(?:batch|e|flags|decide|i\/v\d+\/.*|array\/.*)\/?$/, "PostHog"],
  [/^\/v1\/(?:logs|traces|metrics)\/?$/, "OpenTelemetry"],
];

/** Whose form a request has, for people. */
export function nameDialect({ path, headers, body }: Asked): string {
  const [name = ""] = path.split("?");
  if (name === "/api/v1/events") return isCloudEvent(headers) ? "CloudEvents" : "Headrace";
  const dialect = byPath.find(([pattern]) => pattern.test(name))?.[1];
  if (dialect === undefined) return name.startsWith("/api/") ? "API" : "unknown";
  // Both send to /v1/batch; RudderStack's SDKs call themselves so.
  return dialect === "Segment" && /rudder/i.test(`${headers["user-agent"]} ${begin(body.bytes)}`)
    ? "RudderStack"
    : dialect;
}

function isCloudEvent(headers: Asked["headers"]): boolean {
  return /^application\/cloudevents/i.test(headers["content-type"] ?? "") || headers["ce-id"] !== undefined;
}

/** The library's name stands in the context of the first event. */
function begin(bytes: Buffer): string {
  try {
    return unpack(bytes, undefined)
      .subarray(0, 64 * 1024)
      .toString("latin1");
  } catch {
    return "";
  }
}

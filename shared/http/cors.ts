import type { HttpRequest } from "@azure/functions";
import type { Route } from "./routes.ts";

type Sent = Pick<HttpRequest, "headers">;
type Fields = Readonly<Record<string, string>>;

/** What senders bring: ours, and those of SDKs whose requests a dialect is to take. `*` would leave out the first. */
const SENT = [
  "Authorization",
  "Content-Type",
  "Content-Encoding",
  "Idempotency-Key",
  "Traceparent",
  "Tracestate",
  "X-Retry-Count",
  ...["Ce-SpecVersion", "Ce-Id", "Ce-Source", "Ce-Type", "Ce-Time", "Ce-Subject", "Ce-DataSchema", "Ce-UserId"],
  ...["AnonymousId", "SentAt", "Rsa-Recovered", "Rsa-Retry-Attempt", "Rsa-Retry-Reason"],
  ...["Rsa-Since-First-Attempt", "Rsa-Since-Last-Attempt"],
  "PostHog-Attempt",
  "PostHog-Request-Id",
  "PostHog-Request-Timestamp",
  "PostHog-Sdk-Info",
];
/** What a page may read of an answer, beside its body. */
const READ = [
  "Retry-After",
  "Deprecation",
  "Sunset",
  "Link",
  "RateLimit",
  "RateLimit-Policy",
  "X-Request-Id",
  "X-Receipt-Id",
];
/** No browser remembers a preflight for longer than two hours, or one day: Chromium the former, Firefox the latter. */
const REMEMBERED_SECONDS = 86_400;

/** As the Fetch standard spells an origin; `null` is a page without one, such as a file. */
const ORIGIN = /^(?:null|[a-z][a-z0-9+.-]*:\/\/[^\s,/?#@]+)$/i;

/**
 * What lets a page read an answer of a write route, also a refusal. Every origin is mirrored: whose events are taken is
 * decided by the credential, which the page puts into the request itself. No cookie is read, so there is no
 * `Access-Control-Allow-Credentials` but where an SDK asks with cookies, which then changes nothing.
 */
export function answerFields({ headers }: Sent, cors: Route["cors"] = true): Fields {
  const origin = mirrored(headers.get("origin"), cors);
  return { vary: "Origin", ...(origin && { ...origin, "access-control-expose-headers": READ.join(", ") }) };
}

/**
 * What answers a preflight for `methods` of a path. It carries no credential: so it is the same for every origin, and
 * asks nobody whether that may send.
 */
export function preflightFields({ headers }: Sent, methods: readonly string[], cors: Route["cors"] = true): Fields {
  const origin = mirrored(headers.get("origin"), cors);
  return {
    vary: "Origin",
    ...(origin && {
      ...origin,
      "access-control-allow-methods": methods.join(", "),
      "access-control-allow-headers": SENT.join(", "),
      "access-control-max-age": String(REMEMBERED_SECONDS),
    }),
  };
}

function mirrored(origin: string | null, cors: Route["cors"]): Fields | undefined {
  if (origin === null || !ORIGIN.test(origin)) return undefined;
  const withCookies = cors === "credentialed" ? { "access-control-allow-credentials": "true" } : undefined;
  return { "access-control-allow-origin": origin, ...withCookies };
}

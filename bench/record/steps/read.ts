import { bearer, type RequestStep } from "../step.ts";

function get(name: string, path: string, more: Partial<RequestStep> = {}): RequestStep {
  return { name, method: "GET", path: `/api/v1/${path}`, headers: bearer("reader"), ...more };
}

const settled = { until: /^200 .*"status":"settled"/ };

const receipts: readonly RequestStep[] = [
  ...["dated", "one", "mixed", "again", "wrapper", "behind", "lines", "linesBad"].map((name) =>
    get(`receipt-${name}`, `receipts/{{${name}}}`, settled),
  ),
  get("receipt-of-another-org", "receipts/{{dated}}", { headers: bearer("other") }),
  get("receipt-unknown", "receipts/none"),
  get("receipt-cut", "receipts/{{dated}}A"),
  get("receipt-parameter", "receipts/{{dated}}?verbose=1"),
  get("receipt-head", "receipts/{{dated}}", { method: "HEAD" }),
];

/** 2020 has only the dated events, so that others stored meanwhile do not show. */
const year = "from=2020-02-01T00:00:00Z&to=2021-01-01T00:00:00Z";

/** All accepted events have their outcome: from here on, the stored events and the counts stay as they are. */
const idle = get("state-idle", "operator/state", {
  headers: bearer("operator"),
  until: /^200 .*"envelopes_to_dispatch":0,"work_items":0,/,
});

const events: readonly RequestStep[] = [
  get("events-year", `events?${year}`),
  get("events-type", `events?${year}&event_type=page_viewed`),
  get("events-user", `events?${year}&user_id=user-1`),
  get("events-version", `events?${year}&schema_version=2`),
  get("events-all-filters", `events?${year}&event_type=page_viewed&user_id=user-0&schema_version=2`),
  get("events-none", `events?${year}&event_type=never`),
  get("events-page", `events?${year}&limit=3`, { keep: { cursor: /"next_cursor":"([^"]+)"/ } }),
  get("events-next-page", `events?${year}&limit=3&cursor={{cursor}}`),
  get("events-cursor-other-filters", "events?limit=3&cursor={{cursor}}"),
  get("events-cursor-other-org", `events?${year}&limit=3&cursor={{cursor}}`, { headers: bearer("other") }),
  get("events-cursor-forged", `events?${year}&cursor=AAAA`),
  get("events-of-another-org", `events?${year}`, { headers: bearer("other") }),
  get("events-head", `events?${year}`, { method: "HEAD" }),
  ...[
    "limit=0",
    "limit=1001",
    "limit=ten",
    "limit=1&limit=2",
    "from=yesterday",
    "to=2020-01-01",
    "schema_version=0",
    "event_type=",
    "user_id=",
    "cursor=",
    "unknown=1",
    "constructor=1",
    "__proto__=1",
  ].map((query) => get(`events?${query}`, `events?${query}`)),
  ...["one", "dated-3", "w", "behind", "ahead", "offset", "l4", "gzip", "zstd", "mixed"].map((id) =>
    get(`event-${id}`, `events/${id}`),
  ),
  get("event-strange-name", `events/${encodeURIComponent("ein / Name?#ü")}`),
  get("event-unknown", "events/unknown"),
  get("event-of-another-org", "events/one", { headers: bearer("other") }),
  get("event-quarantined", "events/bad"),
  get("event-long", `events/${"e".repeat(1_500)}`),
  get("event-head", "events/one", { method: "HEAD" }),
];

const counts: readonly RequestStep[] = [
  get("ledger", "ledger"),
  get("ledger-range", "ledger?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z"),
  get("ledger-of-another-org", "ledger", { headers: bearer("other") }),
  get("metrics", "metrics/events"),
  get("metrics-by-day", "metrics/events?interval=day", { grain: "day" }),
  get("metrics-range", `metrics/events?interval=day&from=2020-03-01T00:00:00Z&to=2020-03-10T00:00:00Z`),
  get("metrics-by-hour", "metrics/events?from=2020-03-01T09:30:00Z&to=2020-03-02T12:00:00Z"),
  get("metrics-type", "metrics/events?from=2020-03-01T00:00:00Z&to=2020-03-07T00:00:00Z&event_type=page_viewed"),
  ...[
    "ledger?from=2020-01-02T00:00:00Z&to=2020-01-01T00:00:00Z",
    "ledger?from=2020-01-01T00:00:00Z",
    "ledger?to=x",
  ].map((path) => get(path, path)),
  ...[
    "interval=week",
    "from=2020-01-02T00:00:00Z&to=2020-01-01T00:00:00Z",
    "from=2020-01-01T00:00:00Z&to=2021-01-01T00:00:00Z",
    "interval=day&from=2010-01-01T00:00:00Z&to=2021-01-01T00:00:00Z",
    "event_type=",
    "unknown=1",
  ].map((query) => get(`metrics?${query}`, `metrics/events?${query}`)),
];

const jobs: readonly RequestStep[] = [
  get("jobs", "jobs"),
  get("jobs-page", "jobs?limit=1&cursor=none"),
  get("job-unknown", "jobs/none"),
];

const quarantine: readonly RequestStep[] = [
  get("quarantine", "quarantine"),
  get("quarantine-code", "quarantine?code=wrong_type&limit=2"),
  get("quarantine-type", "quarantine?event_type=page_viewed"),
  get("quarantine-of-another-org", "quarantine", { headers: bearer("other") }),
  get("quarantine-counts", "metrics/quarantine"),
  get("quarantined", "quarantine/{{mixed}}:2"),
  get("quarantined-of-another-org", "quarantine/{{mixed}}:2", { headers: bearer("other") }),
  get("quarantined-unknown", "quarantine/none"),
  ...["code=none", "limit=0", "cursor=AAAA", "from=yesterday", "unknown=1"].map((query) =>
    get(`quarantine?${query}`, `quarantine?${query}`),
  ),
];

export const read: readonly RequestStep[] = [...receipts, idle, ...events, ...counts, ...quarantine, ...jobs];

export const health: readonly RequestStep[] = [
  { name: "live", method: "GET", path: "/api/health/live" },
  { name: "ready", method: "GET", path: "/api/health/ready", until: /^200 / },
  { name: "key-set", method: "GET", path: "/api/v1/auth/jwks.json" },
  { name: "well-known-key-set", method: "GET", path: "/.well-known/jwks.json" },
  get("versions", "operator/versions", { headers: bearer("operator") }),
  { name: "contract", method: "GET", path: "/api/v1/openapi.json" },
  { name: "docs", method: "GET", path: "/api/docs" },
  { name: "posthog-config", method: "GET", path: "/array/hrp_x/config" },
  { name: "posthog-config-script", method: "GET", path: "/array/hrp_x/config.js" },
  { name: "segment-settings", method: "GET", path: "/v1/projects/hrp_x/settings" },
  { name: "rudder-config", method: "GET", path: "/sourceConfig/?writeKey=hrp_x" },
];

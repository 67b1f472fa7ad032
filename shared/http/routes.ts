import type { Scope } from "../identity/roles.ts";

/** Who may call: whoever has the scope, or anyone (then the endpoint itself looks at what it is given, if at all). */
export type Access = Scope | "anyone";

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** As in the function's binding, without a slash before it. */
  readonly path: string;
  readonly access: Access;
  readonly does: string;
}

/** The one table from route to scope, by the names of the functions. `docs/roles.md` is generated from it. */
export const routes = {
  "ingest-events": { method: "POST", path: "api/v1/events", access: "events:write", does: "takes a batch" },
  "read-receipt": {
    method: "GET",
    path: "api/v1/receipts/{receipt_id}",
    access: "events:read",
    does: "what became of a batch",
  },
  "query-events": { method: "GET", path: "api/v1/events", access: "events:read", does: "events, newest first" },
  "read-event": { method: "GET", path: "api/v1/events/{event_id}", access: "events:read", does: "one event" },
  "query-metrics": {
    method: "GET",
    path: "api/v1/metrics/events",
    access: "events:read",
    does: "exact counts over time by type",
  },
  "query-ledger": { method: "GET", path: "api/v1/ledger", access: "events:read", does: "the org's account by hour" },
  live: { method: "GET", path: "api/health/live", access: "anyone", does: "the process runs" },
  ready: { method: "GET", path: "api/health/ready", access: "anyone", does: "every dependency of ingest answers" },
} as const satisfies Readonly<Record<string, Route>>;

export type RouteName = keyof typeof routes;

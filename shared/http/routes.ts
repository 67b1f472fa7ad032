import type { OperatorScope, OrgScope } from "../identity/roles.ts";

interface Row {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /**
   * Who looks at the query string: the handler, or nobody, so that anything may stand there. Else any parameter is
   * refused.
   */
  readonly query?: "own" | "any";
  /** Answered beside Front Door as well: what the platform's own probes ask. */
  readonly direct?: true;
  /** As in the function's binding, without a slash before it. */
  readonly path: string;
  /** Those who call a path of one part put a slash at its end, which the host passes over, and Front Door does not. */
  readonly slash?: true;
  /**
   * A page of any site may call it and read its answers: `cors.ts`. No cookie is looked at. `credentialed`: the page's
   * SDK may ask with cookies all the same, and reads nothing unless it is told that it may.
   */
  readonly cors?: true | "credentialed";
  /** Errors are problem documents, but where OAuth clients call, and where a browser shows what is answered. */
  readonly errors?: "oauth" | "page";
  readonly does: string;
}

/**
 * `access`: whoever has the scope, or anyone (then the endpoint itself looks at what it is given, if at all).
 * `changes`: what it does outlives the caller's token, so that the store is asked whether the caller may still do it. A
 * token says what was granted when it was issued, and a cut-off takes up to 30 seconds to reach every instance.
 */
export type Route =
  | (Row & { readonly access: OrgScope; readonly changes?: true })
  | (Row & { readonly access: OperatorScope | "anyone"; readonly changes?: never });

/**
 * Every route, by the name of its function: `functions/http.ts` registers them, and `compose/endpoints.ts` has a
 * handler for each. `docs/routes.md` is generated from it.
 */
export const routes = {
  "ingest-events": {
    method: "POST",
    path: "api/v1/events",
    access: "events:write",
    // SDKs add versions and marks of their own.
    query: "any",
    cors: true,
    does: "takes a batch",
  },
  "posthog-batch": {
    method: "POST",
    path: "batch",
    slash: true,
    access: "events:write",
    query: "any",
    cors: true,
    does: "takes events of PostHog's SDKs, by their older protocol",
  },
  "posthog-events": {
    method: "POST",
    path: "i/v1/analytics/events",
    access: "events:write",
    query: "any",
    cors: true,
    does: "takes events of PostHog's SDKs, by their newer protocol",
  },
  "posthog-page": {
    method: "POST",
    path: "i/v0/e",
    access: "events:write",
    query: "any",
    cors: "credentialed",
    does: "takes events of PostHog's SDK of pages",
  },
  "posthog-page-e": {
    method: "POST",
    path: "e",
    slash: true,
    access: "events:write",
    query: "any",
    cors: "credentialed",
    does: "the same: where it sends until it has its settings",
  },
  "posthog-config": {
    method: "GET",
    path: "array/{write_key}/config",
    access: "anyone",
    query: "any",
    cors: "credentialed",
    does: "what PostHog's SDK of pages starts with",
  },
  "posthog-config-script": {
    method: "GET",
    path: "array/{write_key}/config.js",
    access: "anyone",
    query: "any",
    cors: "credentialed",
    does: "the same as a script",
  },
  "posthog-flags": {
    method: "POST",
    path: "flags",
    slash: true,
    access: "anyone",
    query: "any",
    cors: "credentialed",
    does: "PostHog's feature flags: none",
  },
  "segment-call": {
    method: "POST",
    path: "v1/{call}",
    access: "events:write",
    query: "any",
    cors: true,
    does: "takes calls of the SDKs of Segment and RudderStack",
  },
  "rudder-beacon": {
    method: "POST",
    path: "beacon/v1/batch",
    access: "events:write",
    query: "any",
    cors: true,
    does: "takes what RudderStack's SDK sends when a page is left",
  },
  "otlp-logs": {
    method: "POST",
    path: "v1/logs",
    access: "events:write",
    query: "any",
    cors: true,
    does: "takes the logs of OpenTelemetry's exporters",
  },
  "segment-settings": {
    method: "GET",
    path: "v1/projects/{write_key}/settings",
    access: "anyone",
    query: "any",
    cors: true,
    does: "what Segment's SDK of pages starts with",
  },
  "rudder-config": {
    method: "GET",
    path: "sourceConfig",
    slash: true,
    access: "anyone",
    query: "any",
    cors: true,
    does: "what RudderStack's SDK of pages starts with",
  },
  "read-receipt": {
    method: "GET",
    path: "api/v1/receipts/{receipt_id}",
    access: "events:read",
    does: "what became of a batch",
  },
  "query-events": {
    method: "GET",
    path: "api/v1/events",
    access: "events:read",
    query: "own",
    does: "events, newest first",
  },
  "read-event": { method: "GET", path: "api/v1/events/{event_id}", access: "events:read", does: "one event" },
  "query-metrics": {
    method: "GET",
    path: "api/v1/metrics/events",
    access: "events:read",
    query: "own",
    does: "exact counts over time by type",
  },
  "query-ledger": {
    method: "GET",
    path: "api/v1/ledger",
    access: "events:read",
    query: "own",
    does: "the org's account by hour",
  },
  "list-quarantine": {
    method: "GET",
    path: "api/v1/quarantine",
    access: "events:read",
    query: "own",
    does: "what waits in quarantine, newest first",
  },
  "count-quarantine": {
    method: "GET",
    path: "api/v1/metrics/quarantine",
    access: "events:read",
    query: "own",
    does: "what waits in quarantine by code and type, with an example of each",
  },
  "read-quarantined": {
    method: "GET",
    path: "api/v1/quarantine/{quarantine_id}",
    access: "events:read",
    does: "one event in quarantine, whole",
  },
  "replay-quarantined": {
    method: "POST",
    path: "api/v1/quarantine/{quarantine_id}/replay",
    access: "quarantine:replay",
    changes: true,
    query: "own",
    does: "checks an event in quarantine again, and stores it if it is valid now; with `dry_run` it only looks",
  },
  "discard-quarantined": {
    method: "POST",
    path: "api/v1/quarantine/{quarantine_id}/discard",
    access: "quarantine:discard",
    changes: true,
    does: "gives an event in quarantine up, with a reason",
  },
  "list-schemas": {
    method: "GET",
    path: "api/v1/schemas",
    access: "schemas:read",
    does: "the types that have a schema, and the platform's",
  },
  "register-schema": {
    method: "POST",
    path: "api/v1/schemas",
    access: "schemas:write",
    changes: true,
    does: "registers a version of a type's schema",
  },
  "change-schema-settings": {
    method: "PATCH",
    path: "api/v1/schemas",
    access: "schemas:manage",
    changes: true,
    does: "changes what holds for all types: `strict`",
  },
  "check-schema": {
    method: "POST",
    path: "api/v1/schemas/check",
    access: "schemas:read",
    does: "what registering it would answer; nothing is written",
  },
  "read-schema-type": {
    method: "GET",
    path: "api/v1/schemas/type",
    access: "schemas:read",
    query: "own",
    does: "one type with its versions",
  },
  "change-schema-type": {
    method: "PATCH",
    path: "api/v1/schemas/type",
    access: "schemas:write",
    changes: true,
    does: "changes a type's owner and description; its mode, rule and paths need `schemas:manage`",
  },
  "backfill-schema-type": {
    method: "POST",
    path: "api/v1/schemas/type/backfill",
    access: "schemas:manage",
    changes: true,
    does: "makes events of before found by what the type promotes, by a job",
  },
  "read-schema-version": {
    method: "GET",
    path: "api/v1/schemas/version",
    access: "schemas:read",
    query: "own",
    does: "one version of a type, whole",
  },
  "change-schema-status": {
    method: "PATCH",
    path: "api/v1/schemas/version",
    access: "schemas:write",
    changes: true,
    does: "makes a version active, deprecated or retired",
  },
  "discard-quarantine": {
    method: "POST",
    path: "api/v1/quarantine/discard",
    access: "quarantine:discard",
    changes: true,
    does: "gives all events in quarantine up that a filter finds, by a job; with `dry_run` it counts them",
  },
  "replay-quarantine": {
    method: "POST",
    path: "api/v1/quarantine/replay",
    access: "quarantine:replay",
    changes: true,
    does: "replays all events in quarantine that a filter finds, by a job; with `dry_run` it counts them and looks at some",
  },
  "list-jobs": {
    method: "GET",
    path: "api/v1/jobs",
    access: "events:read",
    query: "own",
    does: "long works of the org, the newest first",
  },
  "read-job": { method: "GET", path: "api/v1/jobs/{job_id}", access: "events:read", does: "how far a job is" },
  "stop-job": {
    method: "POST",
    path: "api/v1/jobs/{job_id}/stop",
    access: "events:read",
    does: "stops a job; needs what the job itself needs",
  },
  "continue-job": {
    method: "POST",
    path: "api/v1/jobs/{job_id}/continue",
    access: "events:read",
    does: "goes on with a job that was stopped or failed; needs what the job itself needs",
  },
  "list-members": {
    method: "GET",
    path: "api/v1/members",
    access: "members:manage",
    does: "members and open invitations",
  },
  "invite-member": {
    method: "POST",
    path: "api/v1/members",
    access: "members:manage",
    changes: true,
    does: "invites someone; the link is shown once",
  },
  "change-member": {
    method: "PATCH",
    path: "api/v1/members/{member_id}",
    access: "members:manage",
    changes: true,
    does: "changes a role",
  },
  "remove-member": {
    method: "DELETE",
    path: "api/v1/members/{member_id}",
    access: "members:manage",
    changes: true,
    does: "removes a member",
  },
  "withdraw-invitation": {
    method: "DELETE",
    path: "api/v1/invitations/{invitation_id}",
    access: "members:manage",
    changes: true,
    does: "withdraws an invitation",
  },
  "list-keys": { method: "GET", path: "api/v1/keys", access: "keys:manage", does: "API keys, without their secrets" },
  "create-key": {
    method: "POST",
    path: "api/v1/keys",
    access: "keys:manage",
    changes: true,
    does: "makes an API key; it is shown once",
  },
  "revoke-key": {
    method: "DELETE",
    path: "api/v1/keys/{key_id}",
    access: "keys:manage",
    changes: true,
    does: "ends an API key and its tokens",
  },
  "rotate-key": {
    method: "POST",
    path: "api/v1/keys/{key_id}/rotate",
    access: "keys:manage",
    changes: true,
    does: "makes a successor; both work for a while",
  },
  "revoke-token": {
    method: "DELETE",
    path: "api/v1/tokens/{token_id}",
    access: "keys:manage",
    does: "ends one access token, by its `jti`",
  },
  "list-sessions": {
    method: "GET",
    path: "api/v1/sessions",
    access: "sessions:own",
    query: "own",
    does: "one's own sessions; `member_id` needs `members:manage`",
  },
  "end-session": {
    method: "DELETE",
    path: "api/v1/sessions/{session_id}",
    access: "sessions:own",
    does: "ends a session; another's needs `members:manage`",
  },
  "query-audit": {
    method: "GET",
    path: "api/v1/audit",
    access: "audit:read",
    query: "own",
    does: "who changed what, newest first",
  },
  "begin-sign-in": {
    method: "GET",
    path: "api/v1/auth/login",
    access: "anyone",
    query: "own",
    does: "begins a sign-in",
    errors: "page",
  },
  "complete-sign-in": {
    method: "GET",
    path: "api/v1/auth/callback/{provider}",
    access: "anyone",
    // What a provider adds and we do not know is ignored (RFC 6749, section 4.1.2).
    query: "any",
    does: "completes a sign-in",
    errors: "page",
  },
  "choose-org": {
    method: "POST",
    path: "api/v1/auth/choose",
    access: "anyone",
    does: "enters one of several orgs",
    errors: "page",
  },
  "show-join": {
    method: "GET",
    path: "api/v1/auth/join",
    access: "anyone",
    query: "any",
    does: "where an invitation's link leads",
    errors: "page",
  },
  "join-org": {
    method: "POST",
    path: "api/v1/auth/join",
    access: "anyone",
    does: "takes an invitation",
    errors: "page",
  },
  "show-signed-in": {
    method: "GET",
    path: "api/v1/auth/signed-in",
    access: "anyone",
    query: "any",
    does: "who is signed in",
    errors: "page",
  },
  "refresh-session": {
    method: "POST",
    path: "api/v1/auth/refresh",
    access: "anyone",
    does: "an access token for the session's cookie",
  },
  "sign-out": { method: "POST", path: "api/v1/auth/logout", access: "anyone", does: "ends the session" },
  "issue-token": {
    method: "POST",
    path: "api/v1/auth/token",
    access: "anyone",
    query: "any",
    errors: "oauth",
    does: "an API key for an access token",
  },
  "read-key-set": {
    method: "GET",
    path: "api/v1/auth/jwks.json",
    access: "anyone",
    query: "any",
    does: "the public keys that verify access tokens",
  },
  "read-well-known-key-set": {
    method: "GET",
    path: ".well-known/jwks.json",
    access: "anyone",
    query: "any",
    does: "the same",
  },
  "operator-create-org": {
    method: "POST",
    path: "api/v1/operator/orgs",
    access: "orgs:manage",
    does: "an org with its first API key and the invitation of its first admin",
  },
  "operator-invite-admin": {
    method: "POST",
    path: "api/v1/operator/orgs/{org_id}/admins",
    access: "orgs:manage",
    does: "invites the first admin of an org that has none",
  },
  "operator-list-orgs": { method: "GET", path: "api/v1/operator/orgs", access: "orgs:manage", does: "all orgs" },
  "operator-suspend-org": {
    method: "POST",
    path: "api/v1/operator/orgs/{org_id}/suspend",
    access: "orgs:manage",
    does: "refuses an org's credentials",
  },
  "operator-resume-org": {
    method: "POST",
    path: "api/v1/operator/orgs/{org_id}/resume",
    access: "orgs:manage",
    does: "takes them again",
  },
  "operator-repair-ledger": {
    method: "POST",
    path: "api/v1/operator/orgs/{org_id}/ledger/repair",
    access: "orgs:manage",
    does: "compares a slot of an org's ledger with its entries, and mends what does not add up",
  },
  "operator-rotate": {
    method: "POST",
    path: "api/v1/operator/rotate",
    access: "secrets:rotate",
    does: "rotates a secret now; after a leak without overlap",
  },
  "operator-read-state": {
    method: "GET",
    path: "api/v1/operator/state",
    access: "service:read",
    does: "keys and their times, what waits in the pipeline, and when the timers last ran",
  },
  "operator-list-quarantine": {
    method: "GET",
    path: "api/v1/operator/quarantine",
    access: "service:read",
    query: "own",
    does: "what could not be read and belongs to no org, newest first",
  },
  "operator-read-quarantined": {
    method: "GET",
    path: "api/v1/operator/quarantine/{quarantine_id}",
    access: "service:read",
    does: "one of it, byte for byte",
  },
  "operator-discard-quarantined": {
    method: "POST",
    path: "api/v1/operator/quarantine/{quarantine_id}/discard",
    access: "orgs:manage",
    does: "gives one of it up, with a reason",
  },
  "operator-read-versions": {
    method: "GET",
    path: "api/v1/operator/versions",
    access: "service:read",
    does: "routes that are to go, and which orgs still use them",
  },
  "read-contract": {
    method: "GET",
    path: "api/v1/openapi.json",
    access: "anyone",
    query: "any",
    does: "this API as an OpenAPI document",
  },
  "read-docs": {
    method: "GET",
    path: "api/docs",
    access: "anyone",
    query: "any",
    errors: "page",
    does: "this API as a page for people",
  },
  live: {
    method: "GET",
    query: "any",
    direct: true,
    path: "api/health/live",
    access: "anyone",
    does: "the process runs",
  },
  ready: {
    method: "GET",
    query: "any",
    direct: true,
    path: "api/health/ready",
    access: "anyone",
    does: "every dependency of ingest answers",
  },
} as const satisfies Readonly<Record<string, Route>>;

export type RouteName = keyof typeof routes;

/** HEAD is answered like GET, without a body, but not where a GET can use up a sign-in: scanners of links send HEAD. */
export function methodsOf({ method, errors }: Route): readonly ("HEAD" | Route["method"])[] {
  return method === "GET" && errors !== "page" ? ["GET", "HEAD"] : [method];
}

/**
 * The last function: it has what no route takes. The host tries functions in the order of their names, whatever their
 * case, and looks at a route's methods too, so that another method of a known path comes here (azure-functions-host
 * `FunctionMetadataManager.cs`, `WebScriptHostHttpRoutesManager.cs`). What is not listed is the host's bare 404: TRACE
 * and CONNECT never reach a function, since `Request` of the platform refuses to be made with them.
 */
export const unrouted = {
  name: "zz-unrouted",
  path: "{*path}",
  methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
} as const;

export const routeNames = Object.keys(routes) as RouteName[];

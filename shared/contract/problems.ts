import { z } from "zod";
import { type ErrorCode, type ErrorMembers, errorTable, eventProblemTable } from "../errors.ts";
import type { Route } from "../http/routes.ts";
import { isOperatorScope } from "../identity/roles.ts";
import { type Operation, shapeOf } from "./operation.ts";

export const eventProblemCode = z
  .enum(Object.keys(eventProblemTable) as (keyof typeof eventProblemTable)[])
  .meta({ id: "EventProblemCode", description: "What is wrong with one event of a batch" });

const limit = { limit: z.number().describe("The most that is taken") };
const results = z.array(z.object({ index: z.int(), code: eventProblemCode }));
/** As they go out: results of a batch say more than `index` and `code`. */
const namedResults = z.array(
  z.object({
    index: z.int(),
    code: eventProblemCode,
    result: z.string().optional(),
    event_id: z.string().optional(),
    path: z.string().optional(),
    message: z.string().optional(),
  }),
);

/** A difference between two versions of a type's schema. */
export const schemaBreak = z.object({
  version: z.int(),
  direction: z.enum(["backward", "forward"]),
  pointer: z.string(),
  kind: z.string(),
  message: z.string(),
});

/** What a code's problem document has beside the members of every one. */
const members: { readonly [Code in keyof ErrorMembers]-?: z.ZodObject } = {
  too_many_events: shapeOf<ErrorMembers["too_many_events"]>()(z.object(limit)),
  too_many_event_types: shapeOf<ErrorMembers["too_many_event_types"]>()(z.object(limit)),
  body_too_large: shapeOf<ErrorMembers["body_too_large"]>()(z.object(limit)),
  too_many_names: shapeOf<ErrorMembers["too_many_names"]>()(z.object(limit)),
  too_many_values: shapeOf<ErrorMembers["too_many_values"]>()(z.object(limit)),
  invalid_json: shapeOf<Required<ErrorMembers>["invalid_json"]>()(
    z.object({ line: z.int(), column: z.int() }),
  ).partial(),
  invalid_body: shapeOf<Required<ErrorMembers>["invalid_body"]>()(z.object({ path: z.string() })).partial(),
  no_valid_event: shapeOf<ErrorMembers["no_valid_event"]>()(z.object({ results })).extend({ results: namedResults }),
  too_many_invalid_events: shapeOf<ErrorMembers["too_many_invalid_events"]>()(z.object({ ...limit, results })).extend({
    results: namedResults,
  }),
  invalid_parameter: shapeOf<ErrorMembers["invalid_parameter"]>()(z.object({ parameter: z.string() })),
  no_mapping: shapeOf<ErrorMembers["no_mapping"]>()(
    z.object({ versions: z.array(z.int()).describe("Those that can be read so") }),
  ),
  path_not_promoted: shapeOf<ErrorMembers["path_not_promoted"]>()(
    z.object({ paths: z.array(z.string()).describe("Those that work: JSON pointers into `properties`") }),
  ),
  invalid_header: shapeOf<ErrorMembers["invalid_header"]>()(z.object({ header: z.string() })),
  // One of the two: what is missing of an org's credential, or of the operator's.
  scope_missing: z.object({ scope: z.string().optional(), role: z.string().optional() }),
  method_not_allowed: shapeOf<ErrorMembers["method_not_allowed"]>()(z.object({ allowed: z.array(z.string()) })),
  origin_refused: shapeOf<Required<ErrorMembers>["origin_refused"]>()(
    z.object({ origins: z.array(z.string()).describe("Of a publishable key") }),
  ).partial(),
  too_many_keys: shapeOf<ErrorMembers["too_many_keys"]>()(
    z.object({
      ...limit,
      oldest_keys: z.array(
        z.object({
          key_id: z.string(),
          name: z.string(),
          created_at: z.string(),
          last_used_on: z.string().nullable(),
        }),
      ),
    }),
  ),
  version_gone: shapeOf<ErrorMembers["version_gone"]>()(
    z.object({ ended_at: z.string(), migration: z.string(), successor: z.string().optional() }),
  ),
  quarantined_gone: shapeOf<ErrorMembers["quarantined_gone"]>()(
    z.object({ what: z.string().describe("`discarded`, `expired`, …"), at: z.string().nullable() }),
  ),
  schema_invalid: shapeOf<ErrorMembers["schema_invalid"]>()(
    z.object({ problems: z.array(z.object({ pointer: z.string(), message: z.string() })) }),
  ),
  schema_version_conflict: shapeOf<ErrorMembers["schema_version_conflict"]>()(
    z.object({ versions: z.array(z.object({ version: z.int(), status: z.string() })), next_version: z.int() }),
  ),
  schema_incompatible: shapeOf<ErrorMembers["schema_incompatible"]>()(
    z.object({
      compatibility: z.string(),
      breaks: z.array(schemaBreak),
    }),
  ),
  schema_status_conflict: shapeOf<ErrorMembers["schema_status_conflict"]>()(
    z.object({ status: z.string(), allowed: z.array(z.string()) }),
  ),
  registry_full: shapeOf<ErrorMembers["registry_full"]>()(
    z.object({ ...limit, what: z.enum(["types", "versions", "bytes"]) }),
  ),
  too_many_jobs: shapeOf<ErrorMembers["too_many_jobs"]>()(
    z.object({ ...limit, jobs: z.array(z.string()).describe("Those under way") }),
  ),
  job_ended: shapeOf<ErrorMembers["job_ended"]>()(z.object({ state: z.string() })),
  org_exists: shapeOf<ErrorMembers["org_exists"]>()(z.object({ org_id: z.string() })),
  ledger_incomplete: shapeOf<ErrorMembers["ledger_incomplete"]>()(z.object({ slot: z.string(), part: z.string() })),
};

/** The problem document of a code (RFC 9457). */
export function problemOf(code: ErrorCode): z.ZodObject {
  const [status, title, fix] = errorTable[code];
  const own = code in members ? members[code as keyof ErrorMembers].shape : {};
  return z
    .object({
      type: z.literal(`urn:headrace:error:${code}`),
      title: z.string(),
      status: z.literal(status),
      code: z.literal(code),
      detail: z.string(),
      fix: z.string(),
      request_id: z.string(),
      ...own,
    })
    .describe(`${title}. ${fix}`);
}

/** Of RFC 6749, section 5.2, where OAuth clients call. */
export function oauthErrorOf(codes: readonly ErrorCode[]): z.ZodObject {
  return z.object({
    error: z.enum([
      ...(["invalid_request", "invalid_client", "invalid_scope", "unsupported_grant_type"] as const),
      ...(["unauthorized_client", "temporarily_unavailable", "server_error"] as const),
    ]),
    error_description: z.string(),
    code: z.enum(codes),
    request_id: z.string(),
  });
}

const ofCredentials = [
  ...["credential_missing", "credential_malformed", "credential_unknown", "credential_revoked", "credential_invalid"],
  ...["org_suspended", "scope_missing", "identity_unavailable", "secrets_unavailable", "store_unavailable"],
] as const satisfies readonly ErrorCode[];
const ofBodies = ["invalid_json", "invalid_body", "empty_body", "body_too_large", "length_required"] as const;
const ofForms = ["invalid_request", "empty_body", "body_too_large", "length_required"] as const;

/** The codes that a route can answer, as the table of errors has them: what follows from its row, and its own. */
export function codesOf({ access, direct, query, method }: Route, { body, codes = [] }: Operation): ErrorCode[] {
  const isForm = body?.types?.includes("application/x-www-form-urlencoded") ?? false;
  const found = new Set<ErrorCode>([
    "internal",
    ...codes,
    ...(direct ? [] : (["not_through_front_door"] as const)),
    ...(access === "anyone" ? [] : ofCredentials),
    ...(query === "any" ? [] : (["invalid_parameter"] as const)),
    ...(body === undefined ? [] : isForm ? ofForms : ofBodies),
    ...(isOperatorScope(access) && method === "POST" ? (["store_unavailable"] as const) : []),
  ]);
  return (Object.keys(errorTable) as ErrorCode[]).filter((code) => found.has(code));
}

/**
 * Every way a request can fail as a whole. The `code` is the stable part of the contract: it never changes its meaning
 * within an API version. By status, then by what they are about. `docs/errors.md` is generated from this table.
 */
export const errorTable = {
  invalid_json: [
    400,
    "The body is not JSON",
    'Send JSON in UTF-8, each name once; events as one, an array, `{"events": […]}` or NDJSON (one JSON object a line).',
  ],
  invalid_body: [
    400,
    "The body has the wrong shape",
    'Correct what `detail` names. Events come as one object, an array of them, or `{"events": […], "sent_at": …}`.',
  ],
  corrupt_body: [400, "The body cannot be decompressed", "It is truncated or damaged: send it again as compressed."],
  empty_body: [400, "The body is empty", "Send a body; one of events has at least one."],
  empty_batch: [400, "The batch has no events", "Send at least one event."],
  too_many_events: [400, "Too many events in one request", "Send them in several requests."],
  too_many_event_types: [
    400,
    "Too many different event types in one request",
    "An event type names a kind of event; put what varies into `properties`.",
  ],
  too_deep: [400, "The JSON is nested too deeply", "Flatten it."],
  too_many_names: [
    400,
    "The JSON has too many names",
    "Send fewer events in a request, or values as arrays instead of objects.",
  ],
  too_many_values: [400, "The JSON has too many values", "Send fewer events in a request."],
  too_many_invalid_events: [
    400,
    "Too many events of the batch are not valid",
    "Correct the sender: `results` names the first of them. Nothing of this request was taken.",
  ],
  no_valid_event: [
    400,
    "No event of the batch is valid",
    "Correct the events named in `results`; nothing of this request was taken.",
  ],
  invalid_parameter: [400, "A query parameter is not valid", "Correct the parameter that `detail` names."],
  invalid_header: [400, "A header is not valid", "Correct the header that `detail` names."],
  no_mapping: [
    400,
    "Not each version can be read as the one that was asked for",
    "Name those that can in `schema_version`: they are in `versions`. A version says by a mapping how the one before it is read.",
  ],
  path_not_promoted: [
    400,
    "Events are not found by this path",
    "Use one of `paths`, which the type promotes, or promote this one: `PATCH /api/v1/schemas/type` with all in `promote`.",
  ],
  invalid_return_to: [
    400,
    "The page to return to is not one of ours",
    "Give `return_to` as an absolute path of this site, such as `/reports`.",
  ],
  unknown_provider: [400, "There is no such identity provider", "Choose one of those that the sign-in page shows."],
  sign_in_failed: [400, "You could not be signed in", "Start again. If it happens again, report the request id."],
  sign_in_expired: [
    400,
    "This sign-in is over",
    "It took too long, was completed before, or was begun in another browser. Start again.",
  ],
  sign_in_cancelled: [
    400,
    "You were not signed in",
    "The identity provider says that it was refused or cancelled. Start again.",
  ],
  invitation_unknown: [
    400,
    "This invitation is not valid",
    "Check that the link was copied whole. If it has expired or was withdrawn, ask an admin of the org for a new one.",
  ],
  invitation_used: [
    400,
    "This invitation was used before",
    "An invitation works once. If it was you, sign in; if not, ask an admin of the org for a new one.",
  ],
  invalid_cursor: [
    400,
    "The cursor is not valid here",
    "Use `next_cursor` as it was returned, with the same filters, or start without one.",
  ],
  invalid_request: [
    400,
    "The request for a token is not valid",
    "Send a form as RFC 6749 describes; `detail` says what is wrong.",
  ],
  unsupported_grant_type: [400, "The grant type is not supported", "Send `grant_type=client_credentials`."],
  invalid_scope: [
    400,
    "The scope is not one of the API key's",
    "Ask for scopes that the key has, or for none: then the token has all of them.",
  ],
  credential_missing: [401, "No credential was sent", "Send `Authorization: Bearer <API key or access token>`."],
  credential_malformed: [
    401,
    "The credential is not well formed",
    "Check that the API key was copied whole: it ends in a checksum.",
  ],
  credential_unknown: [401, "The credential is not known", "Use a key of this deployment; it may have been deleted."],
  credential_revoked: [401, "The credential was revoked", "Ask an admin of your org for a new key."],
  credential_invalid: [
    401,
    "The access token is not valid",
    "Get a new one: by `POST /api/v1/auth/token`, or by signing in. It may have expired, been revoked, or be another deployment's.",
  ],
  invalid_client: [
    401,
    "The API key is not valid",
    "Send a whole API key as `client_secret`, in the body or by HTTP Basic with its key id as the user.",
  ],
  refresh_refused: [401, "The session has ended", "Sign in again."],
  org_suspended: [403, "The org is suspended", "Ask the operator of this deployment."],
  scope_missing: [403, "The credential lacks a scope", "Use a key that has the scope named in `detail`."],
  origin_refused: [
    403,
    "The request does not come from a page that may send it",
    "Send it from a page of this site, whose origins the operator names in `HEADRACE_ORIGINS`; with a publishable key, from a page of one of `origins`.",
  ],
  not_through_front_door: [
    403,
    "The request did not come through Front Door",
    "Send it to the address that Front Door has; the operator sets its id in `HEADRACE_FRONT_DOOR_ID`.",
  ],
  no_membership: [
    403,
    "You are not a member of any org",
    "You are signed in at your identity provider, but no org here has you as a member. Ask an admin of yours for an invitation, and open its link.",
  ],
  not_a_member: [
    403,
    "You are not a member of this org",
    "Sign in to another one, or ask an admin of it for an invitation.",
  ],
  member_not_found: [404, "There is no such member", "Take `member_id` from `GET /api/v1/members`."],
  invitation_not_found: [404, "There is no such invitation", "Take `invitation_id` from `GET /api/v1/members`."],
  key_not_found: [404, "There is no such API key", "Take `key_id` from `GET /api/v1/keys`."],
  token_not_found: [404, "There is no such access token", "Take `token_id` from the token: it is its claim `jti`."],
  session_not_found: [404, "There is no such session", "Take `session_id` from `GET /api/v1/sessions`."],
  receipt_not_found: [404, "There is no such receipt", "Use a `receipt_id` that a 202 answered to this org."],
  event_not_found: [
    404,
    "There is no such event",
    "It is not stored under this id in this org. It may still be on its way: ask for its receipt.",
  ],
  quarantined_not_found: [
    404,
    "There is no such event in quarantine",
    "Take `quarantine_id` from `GET /api/v1/quarantine`. Its receipt says what became of the event.",
  ],
  schema_not_found: [
    404,
    "There is no such schema",
    "Look at `GET /api/v1/schemas`: it has all types, and `GET /api/v1/schemas/type` the versions of one.",
  ],
  job_not_found: [
    404,
    "There is no such job",
    "Take `job_id` from `GET /api/v1/jobs`; one that ended is known for 30 days.",
  ],
  path_not_found: [
    404,
    "There is nothing at this path",
    "Correct the path: docs/routes.md and the API's reference have all of them.",
  ],
  org_not_found: [404, "There is no such org", "Use the `org_id` of an org of this deployment."],
  method_not_allowed: [
    405,
    "The path has no such method",
    "Use one of `allowed`, which stand in the header `Allow` too.",
  ],
  key_replaced: [
    409,
    "The API key was rotated or revoked before",
    "Rotate the key that took its place, or make a new one: `GET /api/v1/keys` lists them.",
  ],
  too_many_keys: [
    409,
    "The org has as many API keys as it may have",
    "Revoke one that is not needed any more, such as one of `oldest_keys`: `DELETE /api/v1/keys/{key_id}`.",
  ],
  org_has_admin: [409, "The org has an admin", "Its admins invite others: `POST /api/v1/members`."],
  last_admin: [409, "An org keeps at least one admin", "Make another member an admin first."],
  org_exists: [409, "There is such an org already", "Choose another name."],
  too_many_jobs: [
    409,
    "The org has as many jobs as may be under way",
    "Wait until one of `jobs` has ended, or stop one: `POST /api/v1/jobs/{job_id}/stop`.",
  ],
  job_ended: [
    409,
    "The job has ended",
    "Nothing is left to stop or continue: `GET /api/v1/jobs/{job_id}` says what it did.",
  ],
  receipt_pending: [409, "The batch has no outcome yet", "Send the same again when its receipt is `settled`."],
  schema_read_only: [409, "The type is the platform's", "Give your event another type: nobody changes this one."],
  schema_version_conflict: [
    409,
    "The version is there, or is not the next one",
    "Look at `versions`, and register what you have as `next_version`.",
  ],
  schema_incompatible: [
    409,
    "The version breaks the rule of its type",
    "Mend what `breaks` names, register it as a new event type, or choose another rule for this one. An admin can send it with `force` and a reason.",
  ],
  schema_status_conflict: [
    409,
    "The version cannot get this status",
    "Choose one of `allowed`, or register a new version.",
  ],
  registry_full: [
    409,
    "The org's registry has no room for it",
    "Retire versions that nobody sends any more, or register fewer types: `what` and `limit` say which bound it is.",
  ],
  version_gone: [
    410,
    "This version of the API has ended",
    "Move to the one that took its place: the page in `migration`, which stands in the header `Link` too, says how.",
  ],
  quarantined_gone: [
    410,
    "The event is not in quarantine any more",
    "Nothing is left to do: `what` and `at` say what became of it and when, and so does its receipt.",
  ],
  length_required: [
    411,
    "The body came without a length",
    "Send the whole body with its `Content-Length`, also one of 0 bytes. A chunked body (`Transfer-Encoding: chunked`) does not arrive: let the client make the body, compressed too, before it sends.",
  ],
  body_too_large: [413, "The body is too large", "Send less, such as fewer events in a request."],
  unsupported_encoding: [415, "The content encoding is not supported", "Use gzip, deflate, br, zstd or identity."],
  schema_invalid: [
    422,
    "The schema or an example of it is not fit",
    "Correct what `problems` names, by JSON pointers into the body.",
  ],
  internal: [500, "Headrace failed", "Try again; if it happens again, report the `request_id`."],
  busy: [
    503,
    "Too many large requests are in work",
    "Send the same request again after `Retry-After` seconds, or less in one: fewer events, or a shorter range. Nothing of it was taken.",
  ],
  stream_unavailable: [
    503,
    "Events cannot be taken right now",
    "Send the same request again after `Retry-After` seconds. It may be in already: with an `event_id` in every event, sending again is safe.",
  ],
  identity_unavailable: [
    503,
    "The credential cannot be checked right now",
    "Send the same request again after `Retry-After` seconds.",
  ],
  schemas_unavailable: [
    503,
    "What the events are held against cannot be read right now",
    "Send the same request again after `Retry-After` seconds. Nothing of it was taken.",
  ],
  provider_unavailable: [
    503,
    "The identity provider does not answer",
    "Try again in a minute. Sessions that have begun go on.",
  ],
  sign_in_unavailable: [
    503,
    "Signing in is not set up",
    "The operator sets `HEADRACE_IDENTITY_PROVIDERS` and `HEADRACE_ORIGINS`.",
  ],
  secrets_unavailable: [
    503,
    "Headrace cannot read its keys right now",
    "Send the same request again after `Retry-After` seconds.",
  ],
  rotation_busy: [503, "Another instance is rotating this secret", "Look at the service state, then try again."],
  store_unavailable: [
    503,
    "The store does not answer right now",
    "Send the same request again after `Retry-After` seconds.",
  ],
  ledger_incomplete: [
    503,
    "A part of the account is gone",
    "Tell the operator `slot` and `part`: `npx headrace account --repair` makes it anew. No smaller count is answered.",
  ],
} as const satisfies Record<string, readonly [status: number, title: string, fix: string]>;

export type ErrorCode = keyof typeof errorTable;

/** What can be wrong with one event of a batch. Such an event waits in quarantine, whole; its neighbours are stored. */
export const eventProblemTable = {
  not_json: "The line of NDJSON is not JSON.",
  not_utf8: "The line of NDJSON is not UTF-8.",
  not_an_object: "The event is not a JSON object.",
  required: "A required field is missing.",
  wrong_type: "A field has another type than it must have.",
  invalid_value: "A field's value is not one of those allowed.",
  too_long: "A text is longer than allowed.",
  unknown_field: "The event has a field that Headrace does not know; your own fields belong into `properties`.",
  too_deep: "`properties` is nested more deeply than allowed.",
  too_many_keys: "`properties` has more keys than allowed.",
  too_large: "The event is larger than allowed.",
  number_not_exact: "An integer has more digits than a double holds; send it as text.",
  repeated_name: "A name stands twice in one object of the event.",
  repeated_event_id: "An earlier event of the same request has the same `event_id`: a duplicate.",
  idempotency_conflict:
    "The event's place in a batch with this `Idempotency-Key` was another event's, which is stored: a duplicate.",
  schema_mismatch: "`properties` do not fit the schema of the event's type.",
  schema_too_costly: "Judging the event by its schema takes more than an event may cost.",
  schema_version_unknown: "No schema of the event's type in force has this `schema_version`.",
  type_unknown: "The org takes only types of events that are registered, and this one is not.",
  refused_by_store: "The store refused the event as it is.",
  unreadable_envelope: "The envelope that carried the event cannot be read.",
  lost_claim_check: "The blob that carried the event is gone.",
  processing_failed: "Storing the event failed again and again for a reason that is not known: a defect of Headrace.",
} as const satisfies Record<string, string>;

export type EventProblemCode = keyof typeof eventProblemTable;

/** What a code's problem document has beside the members of every one. A code that is not here has none. */
export interface ErrorMembers {
  readonly too_many_events: Limit;
  readonly too_many_event_types: Limit;
  readonly body_too_large: Limit;
  readonly too_many_names: Limit;
  readonly too_many_values: Limit;
  /** Where a batch stops being JSON or UTF-8, or a name stands a second time, counted from 1. */
  readonly invalid_json?: { readonly line: number; readonly column: number };
  /** The field that is wrong; not when the body as a whole is. */
  readonly invalid_body?: { readonly path: string };
  /** One for each event, as in a 202. */
  readonly no_valid_event: { readonly results: Results };
  /** One for each of the first invalid events. */
  readonly too_many_invalid_events: Limit & { readonly results: Results };
  readonly invalid_parameter: { readonly parameter: string };
  readonly invalid_header: { readonly header: string };
  /** Those that can be read as the one that was asked for, itself among them. */
  readonly no_mapping: { readonly versions: readonly number[] };
  /** Those that the type promotes. */
  readonly path_not_promoted: { readonly paths: readonly string[] };
  /** What is missing: a scope, or the operator's app role in Microsoft Entra. */
  readonly scope_missing: { readonly scope: string } | { readonly role: string };
  /** The methods that the path has. */
  readonly method_not_allowed: { readonly allowed: readonly string[] };
  /** Of a publishable key: where it may be used. */
  readonly origin_refused?: { readonly origins: readonly string[] };
  /** The oldest of those that work. */
  readonly too_many_keys: Limit & { readonly oldest_keys: readonly OldestKey[] };
  /** Those under way. */
  readonly too_many_jobs: Limit & { readonly jobs: readonly string[] };
  readonly job_ended: { readonly state: string };
  readonly org_exists: { readonly org_id: string };
  /** JSON pointers into the body (RFC 6901). */
  readonly schema_invalid: { readonly problems: readonly { readonly pointer: string; readonly message: string }[] };
  /** What is there. */
  readonly schema_version_conflict: {
    readonly versions: readonly { readonly version: number; readonly status: string }[];
    readonly next_version: number;
  };
  readonly schema_incompatible: { readonly compatibility: string; readonly breaks: readonly SchemaBreak[] };
  readonly schema_status_conflict: { readonly status: string; readonly allowed: readonly string[] };
  readonly registry_full: Limit & { readonly what: "types" | "versions" | "bytes" };
  /** When it ended, the page that says how to move, and the path of what took its place. */
  readonly version_gone: { readonly ended_at: string; readonly migration: string; readonly successor?: string };
  /** `at` is null where it was not noted. */
  readonly quarantined_gone: { readonly what: string; readonly at: string | null };
  /** The partition of the ledger, and the document that is not there. */
  readonly ledger_incomplete: { readonly slot: string; readonly part: string };
}

type Results = readonly { readonly index: number; readonly code: EventProblemCode }[];

interface OldestKey {
  readonly key_id: string;
  readonly name: string;
  readonly created_at: string;
  /** A day, UTC; null when it was never used. */
  readonly last_used_on: string | null;
}

interface SchemaBreak {
  /** The other one. */
  readonly version: number;
  /** `backward`: what fits the older one does not fit the newer one. `forward`: the other way round. */
  readonly direction: "backward" | "forward";
  readonly pointer: string;
  readonly kind: string;
  readonly message: string;
}

interface Limit {
  /**
   * The most that is taken: of events, event types, names, values, invalid events, bytes, API keys, jobs or versions.
   */
  readonly limit: number;
}

/** `members` as `ErrorMembers` has them: required, optional, or none. */
type MembersOption<Code extends ErrorCode> = Code extends keyof ErrorMembers
  ? { [Key in keyof ErrorMembers as Key extends Code ? "members" : never]: ErrorMembers[Key] }
  : { readonly members?: never };

type AppErrorOptions<Code extends ErrorCode> = MembersOption<Code> &
  ErrorOptions & {
    /** Whole seconds, sent as `Retry-After`. */
    readonly retryAfter?: number;
    /** Goes to the log, and not to the caller. */
    readonly reason?: string;
  };

/** A tuple for each code, and not a class with a type parameter: `instanceof` would make that parameter `any`. */
type AppErrorArguments = {
  [Code in ErrorCode]: [
    code: Code,
    detail: string,
    ...options: object extends MembersOption<Code> ? [AppErrorOptions<Code>?] : [AppErrorOptions<Code>],
  ];
}[ErrorCode];

/** The one error class. `message` is written for the caller and goes out as `detail`; `cause` goes only to the log. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly retryAfter: number | undefined;
  readonly members: ErrorMembers[keyof ErrorMembers];
  readonly reason: string | undefined;

  constructor(...[code, detail, options = {}]: AppErrorArguments) {
    super(detail, options);
    this.name = "AppError";
    this.code = code;
    this.retryAfter = options.retryAfter;
    this.members = options.members;
    this.reason = options.reason;
  }

  get status(): number {
    return errorTable[this.code][0];
  }
}

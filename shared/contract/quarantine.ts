import { z } from "zod";
import type { FoundCounts, QuarantineCounts } from "../quarantine/count-quarantine.ts";
import { discardFoundBody } from "../quarantine/discard-found.ts";
import { type Discarded, discardBody } from "../quarantine/discard-quarantined.ts";
import type { QuarantinePage } from "../quarantine/list-quarantine.ts";
import { quarantineCountParameters, quarantineParameters } from "../quarantine/quarantine-parameters.ts";
import type { SummaryView } from "../quarantine/quarantine-view.ts";
import type { QuarantinedView } from "../quarantine/read-quarantined.ts";
import { replayBody, replayParameters } from "../replay/endpoints.ts";
import { type ReplayCounts, replayFoundBody } from "../replay/replay-found.ts";
import type { Replayed } from "../replay/replay-quarantined.ts";
import { jobErrors, resultCounts, started, startedReplay } from "./jobs.ts";
import { type Operation, shapeOf } from "./operation.ts";
import { eventProblemCode } from "./problems.ts";

const time = z.iso.datetime();
const summaryFields = {
  quarantine_id: z.string(),
  receipt_id: z.string().describe("Of the batch that it came in"),
  index: z.int().nullable().describe("In that batch; null for an envelope, which stands for all events of its batch"),
  received_at: time,
  expires_at: time,
  code: eventProblemCode,
  path: z.string().describe("Within the event"),
  message: z.string(),
  event_id: z.string().optional(),
  event_type: z.string().optional(),
  user_id: z.string().optional(),
  schema_version: z.int().optional(),
};
const summary = shapeOf<SummaryView>()(z.object(summaryFields)).meta({
  id: "Quarantined",
  description: "An event in quarantine, with what could be read of it",
});

const as = z
  .enum(["sent", "masked", "parsed", "envelope"])
  .describe(
    "`sent`: byte for byte. `masked`: after the privacy rules of its type. `parsed`: JSON of what was read of it. `envelope`: packed, of all events",
  );
const what = z.enum(["discarded", "expired", "replayed"]);
const problem = { code: eventProblemCode, path: z.string(), message: z.string() };
const quarantined = shapeOf<QuarantinedView>()(
  z.object({
    ...summaryFields,
    event: z
      .union([z.object({ as, text: z.string() }), z.object({ as, base64: z.string() })])
      .nullable()
      .describe("Base64 where it is not UTF-8; null where it is lost, or a digest is there"),
    digest: z
      .object({ hash: z.string().describe("HMAC-SHA-256 by the org's hash key"), bytes: z.int() })
      .optional()
      .describe("All that is kept of what cannot be read, where types of the org have privacy rules"),
    tried: z
      .object({ at: time, ...problem, job_id: z.string().optional().describe("The job that did it") })
      .optional()
      .describe("The last replay, and why it left the event where it is"),
    begun: z
      .object({ what, at: time })
      .optional()
      .describe("An act that was decided and not completed: saying it again completes it"),
  }),
);

const page = shapeOf<QuarantinePage>()(
  z.object({ events: z.array(summary), next_cursor: z.string().nullable().describe("Null on the last page") }),
);
const groups = {
  total: z.int(),
  groups: z.array(
    z.object({
      code: eventProblemCode,
      event_type: z.string().nullable(),
      count: z.int(),
      first_received_at: time,
      last_received_at: time,
      example: summary.describe("The newest"),
    }),
  ),
};
const foundFields = { ...groups, is_whole: z.boolean().describe("False: it finds more than was counted") };
const found = shapeOf<FoundCounts>()(z.object(foundFields));
const sample = z.object({
  total: z.int().describe("How many were looked at"),
  counts: resultCounts,
  errors: jobErrors,
});
const foundToReplay = shapeOf<ReplayCounts>()(
  z.object({ ...foundFields, sample: sample.describe("What would become of one of each group, and of the newest") }),
);
const counts = shapeOf<QuarantineCounts>()(
  z.object({
    ...groups,
    next_cursor: z.string().nullable().describe("Where the count goes on; null when it is whole"),
  }),
);

const discarded = shapeOf<Discarded>()(
  z.object({
    quarantine_id: z.string(),
    what: z.literal("discarded"),
    at: time.describe("When it was decided"),
    reason: z.string(),
  }),
);

const replayed = shapeOf<Replayed>()(
  z.object({
    quarantine_id: z.string(),
    dry_run: z.boolean(),
    outcome: z.enum(["stored", "duplicate", "quarantined"]).describe("`quarantined`: it stays where it is"),
    at: time.nullable().describe("When it was decided; null of a dry run"),
    event: z
      .object({ event_id: z.string(), event_type: z.string(), timestamp: time })
      .nullable()
      .describe("As it is stored; null where it stays"),
    problem: z.object(problem).nullable().describe("Why it stays; null where it does not"),
  }),
);

const at = "2026-11-29T15:42:12.012Z";
const receipt = "AZ0IexampleOfAReceipt";
const one = {
  ...{ quarantine_id: `${receipt}:1`, receipt_id: receipt, index: 1, received_at: at },
  ...{ expires_at: "2026-12-29T15:42:12.012Z", code: "wrong_type", path: "user_id" },
  ...{ message: "expected a text, found a number", event_type: "order_paid" },
};
const group = {
  ...{ code: "wrong_type", event_type: "order_paid", count: 1 },
  ...{ first_received_at: at, last_received_at: at, example: one },
};
const oneGroup = { total: 1, groups: [group] };
const ofStores = ["store_unavailable", "secrets_unavailable"] as const;

/** What belongs to no org. */
const bytes = {
  ...{ quarantine_id: "t3nU1zq4cO0m0Jb7oXx3y1H3cUu0e2l0bq5u6d5J8sE", receipt_id: "", index: null, received_at: at },
  ...{ expires_at: "2026-12-29T15:42:12.012Z", code: "unreadable_envelope", path: "", message: "work queue: hello" },
};
const { quarantine_id } = bytes;

export const quarantineOperations = {
  "list-quarantine": {
    about: "events",
    query: quarantineParameters,
    example: { limit: 10 },
    replies: {
      200: { says: "A page, newest first", schema: page, example: { events: [one], next_cursor: null } },
    },
    codes: ["invalid_cursor", ...ofStores],
  },
  "count-quarantine": {
    about: "events",
    query: quarantineCountParameters,
    replies: {
      200: {
        says: "Counts of at most 10,000 events and 500 groups, and where to go on",
        schema: counts,
        example: {
          ...oneGroup,
          next_cursor: null,
        },
      },
    },
    codes: ["invalid_cursor", ...ofStores],
  },
  "read-quarantined": {
    about: "events",
    example: { quarantine_id: `${receipt}:1` },
    replies: {
      200: {
        says: "The event, whole, and why it is not stored",
        schema: quarantined,
        example: { ...one, event: { as: "sent", text: '{"event_type":"order_paid","user_id":7}' } },
      },
    },
    codes: ["quarantined_not_found", "quarantined_gone", "busy", ...ofStores],
  },
  "replay-quarantined": {
    about: "events",
    query: replayParameters,
    example: { quarantine_id: `${receipt}:1` },
    body: {
      schema: replayBody,
      example: { mapping: [{ op: "rename", from: "/amount", to: "/total" }] },
      optional: true,
    },
    replies: {
      200: {
        says: "What has become of it. Where it is valid now, its receipt and the account say `replayed`",
        schema: replayed,
        example: {
          ...{ quarantine_id: `${receipt}:1`, dry_run: false, outcome: "stored", at: "2026-11-30T09:00:00.000Z" },
          event: { event_id: "01936f1e-4b4c-7000-8000-000000000000", event_type: "order_paid", timestamp: at },
          problem: null,
        },
      },
    },
    codes: ["quarantined_not_found", "quarantined_gone", "receipt_pending", "busy", "schemas_unavailable", ...ofStores],
  },
  "discard-quarantined": {
    about: "events",
    example: { quarantine_id: `${receipt}:1` },
    body: { schema: discardBody, example: { reason: "a test of ours" } },
    replies: {
      200: {
        says: "It is gone; its receipt and the account say `discarded`",
        schema: discarded,
        example: { quarantine_id: `${receipt}:1`, what: "discarded", at, reason: "a test of ours" },
      },
    },
    codes: ["quarantined_not_found", "quarantined_gone", "receipt_pending", ...ofStores],
  },
  "discard-quarantine": {
    about: "events",
    body: { schema: discardFoundBody, example: { code: "wrong_type", reason: "a test of ours", dry_run: true } },
    replies: {
      200: {
        says: "With `dry_run`: what would be discarded, of at most 10,000 events and 500 groups",
        schema: found,
        example: { ...oneGroup, is_whole: true },
      },
      202: started,
    },
    codes: ["invalid_parameter", "too_many_jobs", ...ofStores],
  },
  "replay-quarantine": {
    about: "events",
    body: { schema: replayFoundBody, example: { code: "wrong_type", dry_run: true } },
    replies: {
      200: {
        says: "With `dry_run`: what would be replayed, of at most 10,000 events and 500 groups, and a sample of 20",
        schema: foundToReplay,
        example: { ...oneGroup, is_whole: true, sample: { total: 1, counts: { stored: 1 }, errors: [] } },
      },
      202: startedReplay,
    },
    codes: ["invalid_parameter", "too_many_jobs", "schemas_unavailable", "busy", ...ofStores],
  },
  "operator-list-quarantine": {
    about: "operator",
    query: quarantineParameters,
    example: { limit: 10 },
    replies: {
      200: {
        says: "A page, newest first; `message` says where it was found",
        schema: page,
        example: { events: [bytes], next_cursor: null },
      },
    },
    codes: ["invalid_cursor", ...ofStores],
  },
  "operator-read-quarantined": {
    about: "operator",
    example: { quarantine_id },
    replies: {
      200: {
        says: "The bytes, as they were found",
        schema: quarantined,
        example: { ...bytes, event: { as: "envelope", base64: "aGVsbG8=" } },
      },
    },
    codes: ["quarantined_not_found", "quarantined_gone", "busy", ...ofStores],
  },
  "operator-discard-quarantined": {
    about: "operator",
    example: { quarantine_id },
    body: { schema: discardBody, example: { reason: "a test of ours" } },
    replies: {
      200: {
        says: "It is gone",
        schema: discarded,
        example: { quarantine_id, what: "discarded", at, reason: "a test of ours" },
      },
    },
    codes: ["quarantined_not_found", "quarantined_gone", "receipt_pending", ...ofStores],
  },
} as const satisfies Record<string, Operation>;

import { z } from "zod";
import type { Limits } from "../config.ts";
import { eventSchema } from "../event/event.ts";
import type { AcceptedBatch } from "../ingest/accept-batch.ts";
import { MAX_KEY_LENGTH } from "../ingest/idempotency-key.ts";
import { encodingNames } from "../ingest/unpack-body.ts";
import type { OutcomesByName } from "../ledger/outcome-counts.ts";
import type { Backlog } from "../pipeline/backlog.ts";
import { type EventPage, type EventView, eventsParameters } from "../query/query-events.ts";
import { type LedgerView, ledgerParameters } from "../query/query-ledger.ts";
import { type EventMetrics, metricsParameters } from "../query/query-metrics.ts";
import type { ReceiptView } from "../query/query-receipt.ts";
import { type Operation, shapeOf } from "./operation.ts";
import { eventProblemCode } from "./problems.ts";
import { at, time } from "./times.ts";

const event = eventSchema.meta({ id: "NewEvent", description: "An event as it is sent" });

/** What `parseBody` takes, as JSON. */
function batch({ events }: Limits) {
  const list = z.array(event).min(1).max(events);
  const wrapper = z.object({
    events: list,
    sent_at: z.string().nullish().describe("The sender's clock, RFC 3339"),
    context: eventSchema.shape.context.describe("Of all events; an event's own members win"),
  });
  return z.union([event, list, wrapper]);
}

/** What is said at once of a batch that was taken, by whichever way it came. */
export const accepted = shapeOf<AcceptedBatch>()(
  z.object({
    receipt_id: z.string().describe("Ask `GET /api/v1/receipts/{receipt_id}` what became of the events"),
    accepted: z.int().describe("All events of the request"),
    duplicate: z.int(),
    quarantined: z.int(),
    results: z.array(
      z.object({
        index: z.int(),
        event_id: z.string().optional(),
        result: z.enum(["duplicate", "quarantined"]),
        code: eventProblemCode,
        path: z.string().describe("Within the request: `events[17].timestamp`"),
        message: z.string(),
      }),
    ),
  }),
);

const outcome = z.enum(["stored", "duplicate", "quarantined", "discarded", "expired", "erased"]);
const later = { discarded: z.int().optional(), expired: z.int().optional(), erased: z.int().optional() };
const outcomes = { stored: z.int(), duplicate: z.int(), quarantined: z.int(), ...later };
shapeOf<OutcomesByName>()(z.object(outcomes));

const known = { receipt_id: z.string(), received_at: time, accepted: z.int() };
const receipt = shapeOf<ReceiptView>()(
  z.discriminatedUnion("status", [
    z.object({ ...known, status: z.literal("pending") }),
    z.object({
      ...known,
      ...outcomes,
      status: z.literal("settled"),
      results: z
        .array(
          z.object({
            index: z.int(),
            result: outcome,
            code: eventProblemCode.nullable(),
            adjusted: z.enum(["replayed", "discarded", "expired", "erased"]).optional(),
          }),
        )
        .describe("Events that were not simply stored, and those that moved later"),
    }),
  ]),
);

const storedFields = z.object({
  event_id: z.string(),
  event_type: z.string(),
  timestamp: time,
  original_timestamp: z.string().optional(),
  schema_version: z.int().optional(),
  user_id: z.string().optional(),
  anonymous_id: z.string().optional(),
  session_id: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  context: z.record(z.string(), z.unknown()).optional(),
  schema_warnings: z
    .array(z.object({ code: eventProblemCode, path: z.string(), message: z.string() }))
    .optional()
    .describe("Why it does not fit the schema of its type, where that only warns"),
  received_at: time,
  receipt_id: z.string(),
  mapped_from: z.int().optional().describe("The version that it is stored in, where `as_version` asked for another"),
});
const stored = shapeOf<EventView>()(storedFields).meta({ id: "Event", description: "An event as it is stored" });
/** Only who asks for it gets it, so that it breaks nobody: `scripts/contract/`. */
const selected = storedFields
  .partial()
  .meta({ description: "What `select` names of an event, where it has that", "x-asked-by": "select" });

export const backlog = shapeOf<Backlog>()(
  z.object({
    envelopes_to_dispatch: z.int(),
    work_items: z.int(),
    bulk_work_items: z.int(),
    cut_short_partitions: z.array(z.object({ partition_id: z.string(), checkpoint: z.int(), last: z.int() })),
    standing_partitions: z.array(
      z.object({
        partition_id: z.string(),
        after: z.int().nullable(),
        envelopes: z.int(),
        waiting_since: time,
      }),
    ),
    measured_at: time,
  }),
).meta({ id: "Backlog", description: "Accepted work that has no outcome yet, of all orgs together" });

const account = { settled: z.int(), ...outcomes };
const ledger = shapeOf<LedgerView>()(
  z.object({
    from: time,
    to: time,
    totals: z.object(account),
    hours: z.array(z.object({ start: time, ...account })),
    pipeline: backlog.nullable(),
  }),
);

const metrics = shapeOf<EventMetrics>()(
  z.object({
    from: time,
    to: time,
    interval: z.enum(["hour", "day"]),
    total: z.int(),
    series: z.array(z.object({ start: time, event_type: z.string(), count: z.int() })),
  }),
);
const page = shapeOf<EventPage>()(
  z.object({
    events: z.array(z.union([stored, selected])),
    next_cursor: z.string().nullable().describe("Null on the last page"),
    complete_from: time
      .nullable()
      .optional()
      .describe("With `where`: of events that were received before, some may be missing; null where none is"),
  }),
);

const id = "AZ0IexampleOfAReceipt";
const paid = { event_id: "o-17-paid", event_type: "order_paid", user_id: "ada", properties: { total: 12.5 } };
const kept = { ...paid, timestamp: at, received_at: at, receipt_id: id };
const ofStores = ["store_unavailable", "secrets_unavailable"] as const;
const twoStored = { settled: 2, stored: 2, duplicate: 0, quarantined: 0 };
const ofAccounts = ["busy", "ledger_incomplete", ...ofStores] as const;

const ofBatches = [
  ...(["corrupt_body", "empty_batch", "too_many_events", "too_many_event_types", "too_deep"] as const),
  ...(["too_many_names", "too_many_values", "too_many_invalid_events", "no_valid_event"] as const),
  ...(["unsupported_encoding", "busy", "stream_unavailable", "schemas_unavailable", "secrets_unavailable"] as const),
  "invalid_parameter" as const,
  "invalid_header" as const,
  "origin_refused" as const,
];

/** What only a page sends, and nothing else that SDKs put beside it: that is not looked at. */
const keyInQuery = z.object({
  key: z.string().optional().describe("A publishable key, where no header can be sent; the same as in the header"),
});
const ofSenders = z.object({
  "Idempotency-Key": z
    .string()
    .min(1)
    .max(MAX_KEY_LENGTH)
    .regex(/^[^,]*$/)
    .optional()
    .describe("The same with each try of a batch: events without `event_id` are stored once"),
  "Content-Encoding": z.enum(encodingNames).optional().describe("Where it is wrong, the bytes decide"),
  Origin: z
    .string()
    .optional()
    .describe(
      "A browser sets it, and asks by a preflight first, which needs no credential. A publishable key needs it",
    ),
});

/** What is looked at; any other attribute may stand beside it. In binary mode they are headers, `ce-…`. */
const cloudEvent = z.looseObject({
  ...{ specversion: z.literal("1.0"), id: z.string().min(1), source: z.string().min(1), type: z.string().min(1) },
  ...{ time: z.string().optional(), data: z.unknown().optional() },
});
const cloudEventExample = {
  ...{ specversion: "1.0", id: "o-17-paid", source: "/shop", type: "order_paid", time: at },
  ...{ userid: "ada", data: { total: 12.5 } },
};

function ingest(limits: Limits): Operation {
  return {
    about: "events",
    query: keyInQuery,
    headers: ofSenders,
    example: { "Idempotency-Key": "batch-17", "Content-Encoding": "gzip", Origin: "https://shop.example" },
    body: {
      schema: batch(limits),
      example: { events: [paid, { event_id: "o-17-sent", event_type: "order_sent" }] },
      types: ["application/json", "application/x-ndjson"],
      also: {
        "application/cloudevents+json": { schema: cloudEvent, example: cloudEventExample },
        "application/cloudevents-batch+json": { schema: z.array(cloudEvent), example: [cloudEventExample] },
      },
    },
    replies: {
      202: {
        says: "All of `accepted` is durable",
        schema: accepted,
        example: { receipt_id: id, accepted: 2, duplicate: 0, quarantined: 0, results: [] },
      },
    },
    codes: ofBatches,
  };
}

const reading = {
  "read-receipt": {
    about: "events",
    example: { receipt_id: id },
    replies: {
      200: {
        says: "What became of the batch, or that it is not known yet",
        schema: receipt,
        example: {
          ...{ receipt_id: id, received_at: at, accepted: 2, status: "settled" },
          ...{ stored: 2, duplicate: 0, quarantined: 0, results: [] },
        },
      },
    },
    codes: ["receipt_not_found", ...ofStores],
  },
  "query-events": {
    about: "events",
    query: eventsParameters,
    example: { event_type: ["order_paid"], limit: 10 },
    replies: {
      200: {
        says: "A page, newest first",
        schema: page,
        example: { events: [kept], next_cursor: null },
        lines: `${JSON.stringify(kept)}\n`,
        pages: true,
        headers: ["x-complete-from"],
      },
    },
    codes: ["invalid_cursor", "no_mapping", "path_not_promoted", ...ofStores],
  },
  "read-event": {
    about: "events",
    example: { event_id: "o-17-paid" },
    replies: {
      200: {
        says: "The event",
        schema: z.object({ event: stored }),
        example: { event: kept },
      },
    },
    codes: ["event_not_found", ...ofStores],
  },
  "query-metrics": {
    about: "events",
    query: metricsParameters,
    example: { interval: "day", from: "2026-11-22T00:00:00Z" },
    replies: {
      200: {
        says: "Counts by interval and type",
        schema: metrics,
        example: {
          ...{ from: "2026-11-22T00:00:00.000Z", to: "2026-11-30T00:00:00.000Z", interval: "day", total: 1 },
          series: [{ start: "2026-11-29T00:00:00.000Z", event_type: "order_paid", count: 1 }],
        },
      },
    },
    codes: ofAccounts,
  },
  "query-ledger": {
    about: "events",
    query: ledgerParameters,
    replies: {
      200: {
        says: "The account by hour of receipt",
        schema: ledger,
        example: {
          ...{ from: "2026-11-28T16:00:00.000Z", to: "2026-11-29T16:00:00.000Z" },
          totals: twoStored,
          hours: [{ start: "2026-11-29T15:00:00.000Z", ...twoStored }],
          pipeline: null,
        },
      },
    },
    codes: ofAccounts,
  },
} as const satisfies Record<string, Operation>;

export const eventOperations = (limits: Limits) => ({ "ingest-events": ingest(limits), ...reading });

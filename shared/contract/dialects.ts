import { z } from "zod";
import type { ErrorCode } from "../errors.ts";
import { accepted } from "./events.ts";
import type { Operation } from "./operation.ts";

const ofBatches = [
  ...(["corrupt_body", "empty_batch", "too_many_events", "too_many_event_types", "too_deep"] as const),
  ...(["too_many_names", "too_many_values", "too_many_invalid_events", "unsupported_encoding", "busy"] as const),
  ...(["stream_unavailable", "schemas_unavailable", "secrets_unavailable"] as const),
  ...(["origin_refused", "path_not_found"] as const),
] satisfies readonly ErrorCode[];

const ofBatchAlone = ofBatches.filter((code) => code !== "path_not_found");

/** What a call has; anything may stand beside it. */
const call = z.looseObject({
  type: z.string().optional().describe("track, identify, page, screen, group or alias; else the path says it"),
  messageId: z.string().optional(),
  userId: z.string().nullish(),
  anonymousId: z.string().nullish(),
  event: z.string().optional(),
  writeKey: z.string().optional().describe("An API key, where no header has it"),
});

/** An event of PostHog's; anything may stand beside what is looked at. */
const event = z.looseObject({
  event: z.string(),
  distinct_id: z.string(),
  uuid: z.string().optional(),
  timestamp: z.string().optional(),
});
const ordered = {
  ...{ event: "Order Paid", distinct_id: "ada", uuid: "01a22be2-1b91-7c96-997a-32d1f4a8d166" },
  properties: { total: 12.5 },
};

/** An event of a page has its person and its key among its properties. */
const pageEvent = z.looseObject({
  event: z.string(),
  uuid: z.string().optional(),
  timestamp: z.string().optional(),
  properties: z.looseObject({ distinct_id: z.string().optional(), token: z.string().optional() }).optional(),
});
const seen = { event: "Order Paid", uuid: ordered.uuid, properties: { distinct_id: "ada", total: 12.5 } };

const taken = z.object({ success: z.literal(true), ...accepted.shape });
const takenByPosthog = z.object({ status: z.literal("Ok"), ...accepted.shape });
const noneBad = { receipt_id: "AZ0IexampleOfAReceipt", accepted: 1, duplicate: 0, quarantined: 0, results: [] };

/** What PostHog's SDK of pages sends, by either path. */
const pageEvents = {
  about: "dialects",
  body: {
    schema: z.union([z.looseObject({ batch: z.array(pageEvent) }), z.array(pageEvent), pageEvent]),
    also: {
      "application/x-www-form-urlencoded": {
        schema: z.object({ data: z.string().describe("The same in base64") }),
        example: { data: Buffer.from(JSON.stringify(seen)).toString("base64") },
      },
    },
    example: { api_key: "hrp_example", batch: [seen], sent_at: "2026-11-22T10:00:00.000Z" },
  },
  replies: {
    200: {
      says: "All of `accepted` is durable; what is not valid is in quarantine",
      schema: takenByPosthog,
      example: { status: "Ok", ...noneBad },
    },
  },
  codes: ofBatchAlone,
} as const satisfies Operation;

/** What SDKs of others ask: docs/migrate.md. Their bodies are described as far as they are looked at. */
export const dialectOperations = {
  "posthog-batch": {
    about: "dialects",
    body: {
      schema: z.looseObject({ batch: z.array(event), api_key: z.string().optional() }),
      example: { batch: [ordered] },
    },
    replies: {
      200: {
        says: "All of `accepted` is durable; what is not valid is in quarantine",
        schema: takenByPosthog,
        example: { status: "Ok", ...noneBad },
      },
    },
    codes: ofBatchAlone,
  },
  "posthog-events": {
    about: "dialects",
    body: { schema: z.looseObject({ batch: z.array(event) }), example: { batch: [ordered] } },
    replies: {
      200: {
        says: "What became of each event, by its `uuid`: `drop` is in quarantine, with the reason",
        headers: ["x-receipt-id"],
        schema: z.object({
          results: z.record(z.string(), z.object({ result: z.enum(["ok", "drop"]), details: z.string().optional() })),
        }),
        example: { results: { [ordered.uuid]: { result: "ok" } } },
      },
    },
    codes: ofBatchAlone,
  },
  "posthog-page": pageEvents,
  "posthog-page-e": pageEvents,
  "posthog-config": {
    about: "dialects",
    example: { write_key: "hrp_example" },
    replies: {
      200: { says: "Where to send, and what there is not", schema: z.looseObject({}), as: "application/json" },
    },
  },
  "posthog-config-script": {
    about: "dialects",
    example: { write_key: "hrp_example" },
    replies: { 200: { says: "A script that leaves the same to the SDK", schema: z.string(), as: "text/javascript" } },
    codes: ["path_not_found"],
  },
  "posthog-flags": {
    about: "dialects",
    body: {
      schema: z.unknown().describe("Nothing of it is looked at"),
      example: { distinct_id: "ada" },
      optional: true,
    },
    replies: {
      200: {
        says: "There are none",
        schema: z.object({
          flags: z.object({}),
          featureFlags: z.object({}),
          featureFlagPayloads: z.object({}),
          errorsWhileComputingFlags: z.literal(false),
        }),
        example: { flags: {}, featureFlags: {}, featureFlagPayloads: {}, errorsWhileComputingFlags: false },
      },
    },
  },
  "segment-call": {
    about: "dialects",
    example: { call: "track" },
    body: {
      schema: z.union([z.looseObject({ batch: z.array(call) }), call]),
      example: { userId: "ada", event: "Order Paid", messageId: "o-17-paid", properties: { total: 12.5 } },
    },
    replies: {
      200: {
        says: "All of `accepted` is durable; what is not valid is in quarantine",
        schema: taken,
        example: {
          success: true,
          ...noneBad,
        },
      },
    },
    codes: ofBatches,
  },
  "rudder-beacon": {
    about: "dialects",
    body: {
      schema: z.looseObject({ batch: z.array(call), sentAt: z.string().optional() }),
      example: { batch: [{ type: "track", userId: "ada", event: "Order Paid", messageId: "o-17-paid" }] },
    },
    replies: {
      200: {
        says: "All of `accepted` is durable; what is not valid is in quarantine",
        schema: taken,
        example: { success: true, ...noneBad },
      },
    },
    codes: [...ofBatchAlone, "invalid_parameter"],
  },
  "otlp-logs": {
    about: "dialects",
    body: {
      schema: z.looseObject({ resourceLogs: z.array(z.looseObject({})) }),
      also: { "application/x-protobuf": { schema: z.unknown().describe("Bytes"), example: "" } },
      example: {
        resourceLogs: [
          {
            resource: { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] },
            scopeLogs: [
              {
                logRecords: [
                  { timeUnixNano: "1795341600000000000", eventName: "order_paid", body: { stringValue: "paid" } },
                ],
              },
            ],
          },
        ],
      },
    },
    replies: {
      200: {
        says: "All records are durable. Those that are rejected wait in quarantine",
        headers: ["x-receipt-id"],
        schema: z.object({
          receipt_id: z.string(),
          partialSuccess: z
            .object({ rejectedLogRecords: z.string().describe("A number"), errorMessage: z.string() })
            .optional(),
        }),
        bytes: "application/x-protobuf",
        example: { receipt_id: "AZ0IexampleOfAReceipt" },
      },
    },
    codes: [...ofBatches, "invalid_header"],
  },
  "segment-settings": {
    about: "dialects",
    example: { write_key: "hrp_example" },
    replies: { 200: { says: "Where to send", schema: z.looseObject({}), as: "application/json" } },
  },
  "rudder-config": {
    about: "dialects",
    replies: {
      200: { says: "That there are no destinations", schema: z.looseObject({}), as: "application/json" },
    },
  },
} as const satisfies Record<string, Operation>;

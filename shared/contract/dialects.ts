import { z } from "zod";
import type { ErrorCode } from "../errors.ts";
import type { Operation } from "./operation.ts";
import { eventProblemCode } from "./problems.ts";

const ofBatches = [
  ...(["corrupt_body", "empty_batch", "too_many_events", "too_many_event_types", "too_deep"] as const),
  ...(["too_many_names", "too_many_values", "too_many_invalid_events", "unsupported_encoding", "busy"] as const),
  ...(["stream_unavailable", "secrets_unavailable", "origin_refused", "path_not_found"] as const),
] satisfies readonly ErrorCode[];

/** What a call has; anything may stand beside it. */
const call = z.looseObject({
  type: z.string().optional().describe("track, identify, page, screen, group or alias; else the path says it"),
  messageId: z.string().optional(),
  userId: z.string().nullish(),
  anonymousId: z.string().nullish(),
  event: z.string().optional(),
  writeKey: z.string().optional().describe("An API key, where no header has it"),
});

const taken = z.object({
  success: z.literal(true),
  receipt_id: z.string(),
  accepted: z.int(),
  duplicate: z.int(),
  quarantined: z.int(),
  results: z.array(
    z.object({
      index: z.int(),
      event_id: z.string().optional(),
      result: z.enum(["duplicate", "quarantined"]),
      code: eventProblemCode,
      path: z.string(),
      message: z.string(),
    }),
  ),
});

/** What SDKs of others ask: docs/migrate.md. Their bodies are described as far as they are looked at. */
export const dialectOperations = {
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
          ...{ receipt_id: "AZ0IexampleOfAReceipt", accepted: 1, duplicate: 0, quarantined: 0, results: [] },
        },
      },
    },
    codes: ofBatches,
  },
  "segment-settings": {
    about: "dialects",
    example: { write_key: "hrp_example" },
    replies: { 200: { says: "Where to send", schema: z.looseObject({}), as: "application/json" } },
  },
} as const satisfies Record<string, Operation>;

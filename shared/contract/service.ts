import { z } from "zod";
import type { Operation } from "./operation.ts";

const health = z.object({
  status: z.enum(["ready", "not_ready"]),
  version: z.string().optional(),
  checks: z.array(
    z.object({
      name: z.string(),
      ok: z.boolean(),
      required: z.boolean(),
      ms: z.int(),
      error: z.string().optional(),
    }),
  ),
});
const check = { name: "event-hubs", ok: true, required: true, ms: 3 };

export const serviceOperations = {
  "read-contract": {
    about: "service",
    headers: z.object({ "If-None-Match": z.string().optional().describe("An `ETag` of an earlier answer") }),
    replies: {
      200: {
        says: "This document",
        headers: ["etag"],
        schema: z.looseObject({ openapi: z.string() }),
        example: { openapi: "3.1.1" },
        as: "application/json",
      },
      304: { says: "It is the one that `If-None-Match` names", headers: ["etag"] },
    },
  },
  "read-docs": {
    about: "service",
    replies: { 200: { says: "A page", schema: z.string(), as: "text/html" } },
  },
  live: {
    about: "service",
    replies: {
      200: { says: "The process runs", schema: z.object({ status: z.literal("live") }), example: { status: "live" } },
    },
  },
  ready: {
    about: "service",
    replies: {
      200: {
        says: "All that ingest needs answers",
        schema: health,
        example: { status: "ready", checks: [check] },
      },
      503: {
        says: "Something that ingest needs does not answer",
        schema: health,
        example: { status: "not_ready", checks: [{ ...check, ok: false, error: "did not answer within 2000 ms" }] },
      },
    },
  },
} as const satisfies Record<string, Operation>;

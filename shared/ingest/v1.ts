import { authorizationOf } from "../http/key-in-query.ts";
import { idempotencyKeyOf } from "./idempotency-key.ts";
import { parseBody } from "./parse-body.ts";
import type { WayIn } from "./way-in.ts";

/** The API's own way in: `POST /api/v1/events`. */
export const v1: WayIn = {
  credentialOf: authorizationOf,
  read: async (body, request, limits, turns) => {
    const idempotencyKey = idempotencyKeyOf(request);
    return { ...(await parseBody(body, limits, turns)), idempotencyKey };
  },
  answer: (batch) => ({ status: 202, body: batch }),
};

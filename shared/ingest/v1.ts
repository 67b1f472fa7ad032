import { authorizationOf } from "../http/key-in-query.ts";
import { modeOf, readCloudEvents } from "./dialects/cloudevents/read-cloud-events.ts";
import { idempotencyKeyOf } from "./idempotency-key.ts";
import { parseBody } from "./parse-body.ts";
import type { WayIn } from "./way-in.ts";

/** The API's own way in: `POST /api/v1/events`. CloudEvents come here too. */
export const v1: WayIn = {
  credentialOf: (request) => authorizationOf(request),
  read: async (body, request, limits, turns) => {
    const idempotencyKey = idempotencyKeyOf(request);
    const mode = modeOf(request);
    if (mode) return readCloudEvents(body, mode, request, limits.events, turns);
    return { ...(await parseBody(body, limits, turns)), idempotencyKey };
  },
  // The data of a CloudEvent is the body, and it need have none.
  mayBeEmpty: (request) => modeOf(request) === "binary",
  answer: (batch) => ({ status: 202, body: batch }),
};

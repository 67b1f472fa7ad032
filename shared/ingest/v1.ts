import { authorizationOf } from "../http/key-in-query.ts";
import { parseBody } from "./parse-body.ts";
import type { WayIn } from "./way-in.ts";

/** The API's own way in: `POST /api/v1/events`. */
export const v1: WayIn = {
  credentialOf: authorizationOf,
  read: (body, _, limits, turns) => parseBody(body, limits, turns),
  answer: (batch) => ({ status: 202, body: batch }),
};

import { authorizationOf } from "../../../http/key-in-query.ts";
import type { WayIn } from "../../way-in.ts";
import { readCalls, segment } from "../segment/segment.ts";

/**
 * What RudderStack's SDK sends when a page is left, or always where its user wants beacons: `POST /beacon/v1/batch`. A
 * beacon has no header of the page's: the key is `writeKey` in the query.
 */
export const rudderBeacon: WayIn = {
  credentialOf: (request) => authorizationOf(request, "writeKey"),
  read: (body, _, limits, turns) => readCalls(body, "batch", limits, turns),
  answer: segment.answer,
};

import type { HttpRequest } from "@azure/functions";
import { isJsonObject, type JsonObject } from "../../../event/event.ts";
import type { AcceptedBatch } from "../../accept-batch.ts";
import type { WayIn } from "../../way-in.ts";
import { findCredential } from "../find-credential.ts";
import { readBatch, timeOf, toBatch } from "./read-batch.ts";

/** What PostHog's SDKs of servers send by their older protocol: `POST /batch/`, with the key in the body. */
export const posthogV0: WayIn = {
  credentialOf: (request, readSent) => findCredential(request, readSent, "api_key"),
  read: async (body, _, limits, turns) => {
    const read = await readBatch(body, turns);
    return toBatch(read, timeOf(read.around?.sent_at), limits.events);
  },
  answer: (batch) => ({ status: 200, body: { status: "Ok", ...batch } }),
};

/** The ids of the events of requests that are under way, by which each of them is answered. */
const uuids = new WeakMap<HttpRequest, readonly unknown[]>();

/** What they send by the newer one: `POST /i/v1/analytics/events`. */
export const posthogV1: WayIn = {
  credentialOf: ({ headers }) => headers.get("authorization"),
  read: async (body, request, limits, turns) => {
    const read = await readBatch(body, turns);
    uuids.set(
      request,
      read.events.map((event) => (isJsonObject(event) ? event.uuid : undefined)),
    );
    // `created_at` is the same for each try.
    return toBatch(read, timeOf(request.headers.get("posthog-request-timestamp")), limits.events);
  },
  answer: (batch, request) => ({
    status: 200,
    body: { results: resultsOf(batch, uuids.get(request) ?? []) },
    headers: { "x-receipt-id": batch.receipt_id },
  }),
};

/** `drop` tells the SDK's caller why; here the event waits in quarantine. */
function resultsOf({ results }: AcceptedBatch, ids: readonly unknown[]): JsonObject {
  const bad = new Map(results.filter(({ result }) => result === "quarantined").map((one) => [one.index, one]));
  const entries = ids.flatMap((id, index) => {
    const why = bad.get(index);
    const result = why ? { result: "drop", details: `in quarantine: ${why.path}: ${why.message}` } : { result: "ok" };
    return typeof id === "string" ? [[id, result] as const] : [];
  });
  return Object.fromEntries(entries);
}

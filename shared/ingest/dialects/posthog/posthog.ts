import type { HttpRequest } from "@azure/functions";
import { AppError } from "../../../errors.ts";
import { isJsonObject, type JsonObject } from "../../../event/event.ts";
import { parseTime } from "../../../event/event-time.ts";
import type { Turns } from "../../../runtime/turn.ts";
import type { AcceptedBatch } from "../../accept-batch.ts";
import { describe } from "../../describe.ts";
import type { RawBatch } from "../../raw-batch.ts";
import { findStart, parseDocument } from "../../read-document.ts";
import type { WayIn } from "../../way-in.ts";
import { findCredential } from "../find-credential.ts";
import { translatedBatch } from "../translated-batch.ts";
import { translateEvent } from "./translate-event.ts";

/** What PostHog's SDKs send by their older protocol: `POST /batch/`, with the key in the body. */
export const posthogV0: WayIn = {
  credentialOf: (request, readSent) => findCredential(request, readSent, "api_key"),
  read: async (body, _, limits, turns) => {
    const read = await readBatch(body, turns);
    return toBatch(read, timeOf(read.json.sent_at), limits.events);
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

interface Read {
  readonly document: Awaited<ReturnType<typeof parseDocument>>;
  readonly json: JsonObject;
  readonly events: readonly unknown[];
}

/** Throws AppError `invalid_json` or `invalid_body`. */
async function readBatch(body: Buffer, turns: Turns): Promise<Read> {
  const { bytes } = await findStart(body, turns);
  const document = await parseDocument(bytes, turns);
  const { json } = document;
  if (!isJsonObject(json)) throw new AppError("invalid_body", `the body is ${describe(json)}; expected an object`);
  if (Array.isArray(json.batch)) return { document, json, events: json.batch };
  const detail = `\`batch\` is ${describe(json.batch)}; expected an array of events`;
  throw new AppError("invalid_body", detail, { members: { path: "batch" } });
}

function toBatch({ document, json, events }: Read, sentAt: number | undefined, maxEvents: number): RawBatch {
  const { batch, api_key, token, sent_at, created_at, ...left } = json;
  const beside = Object.keys(left).length === 0 ? undefined : left;
  const translate = (event: JsonObject) => translateEvent(event, beside);
  const adds = beside === undefined ? 0 : Buffer.byteLength(JSON.stringify(beside));
  return translatedBatch(document, { events, list: "batch", translate, sentAt, adds }, maxEvents);
}

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

function timeOf(sent: unknown): number | undefined {
  return typeof sent === "string" ? parseTime(sent) : undefined;
}

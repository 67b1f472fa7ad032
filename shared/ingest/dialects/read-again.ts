import type { Dialect, OfRequest } from "../../envelope/content.ts";
import type { JsonObject } from "../../event/event.ts";
import type { Turns } from "../../runtime/turn.ts";
import { newerThanThis } from "../../store/formats.ts";
import { OWN_FORM } from "../parse-body.ts";
import type { RawBatch, RawEvent } from "../raw-batch.ts";
import { parseDocument } from "../read-document.ts";
import { translateCloudEvent } from "./cloudevents/translate-cloud-event.ts";
import { readKeptRecord } from "./otlp/otlp.ts";
import { translateEvent } from "./posthog/translate-event.ts";
import { translateCall } from "./segment/translate-call.ts";
import { translatedBatch } from "./translated-batch.ts";

/** By the names that stand in events in quarantine. */
const translations: Readonly<Record<string, (event: JsonObject, dialect: Dialect, sentAt?: number) => RawEvent>> = {
  cloudevents: translateCloudEvent,
  posthog: (event, { beside }, sentAt) => translateEvent(event, { beside, sentAt }),
  segment: (call, dialect) => translateCall(call, dialect),
};

/**
 * One event of a request that is long over, from its own bytes and what is kept of the request, as a batch of one. What
 * has no dialect is tried as our own form. Throws AppError `invalid_json` and as `parseDocument` does, or
 * `store_unavailable` for a dialect of a newer release.
 */
export async function readAgain(
  bytes: Buffer,
  { sent_at: sentAt, idempotency_key: idempotencyKey, dialect = { name: OWN_FORM }, masked }: OfRequest,
  from: number,
  turns: Turns,
): Promise<RawBatch> {
  const wasMasked = masked ?? false;
  const ofRequest = { from, idempotencyKey, dialect, wasMasked, ...(sentAt === undefined ? undefined : { sentAt }) };
  return { ...(await readOne(bytes, dialect, sentAt, turns)), ...ofRequest };
}

async function readOne(bytes: Buffer, dialect: Dialect, sentAt: number | undefined, turns: Turns): Promise<RawBatch> {
  const { name, context } = dialect;
  const sources = async (): Promise<readonly Buffer[]> => [bytes];
  if (name === "otlp") {
    const record = (await readKeptRecord(bytes, turns)) ?? { value: undefined };
    return { events: [record], names: 0, asSent: true, mayRound: false, sources };
  }
  const document = await parseDocument(bytes, turns);
  if (name === OWN_FORM) {
    const { names, mayRound } = document.survey;
    return { events: [{ value: document.json }], names, mayRound, ...(context && { context }), sources };
  }
  const translation = Object.hasOwn(translations, name) ? translations[name] : undefined;
  if (!translation) throw newerThanThis("quarantined", Number.POSITIVE_INFINITY);
  const translate = (event: JsonObject): RawEvent => translation(event, dialect, sentAt);
  return translatedBatch(document, { events: [document.json], translate, dialect }, 1);
}

import type { Limits } from "../config.ts";
import type { Digest, RawContent } from "../envelope/content.ts";
import { AppError } from "../errors.ts";
import { type AcceptedEvent, isJsonObject } from "../event/event.ts";
import { checkEach } from "../ingest/check-each.ts";
import { readAgain } from "../ingest/dialects/read-again.ts";
import type { EventProblem, RawBatch, RawEvent } from "../ingest/raw-batch.ts";
import type { OpenJudge } from "../ingest/schemas/judge-events.ts";
import type { QuarantineDocument } from "../quarantine/quarantine-store.ts";
import { readReceipt } from "../receipt/receipt-id.ts";
import type { Turns } from "../runtime/turn.ts";
import { applyMapping, type Mapping } from "../schema/evolve/mapping.ts";

export interface CheckDeps {
  readonly limits: Limits;
  readonly openJudge: OpenJudge;
}

/** The rules of which moment, whose turns; and how its `properties` are changed before anything judges them. */
export interface CheckedBy {
  readonly since: number;
  readonly turns: Turns;
  readonly mapping?: Mapping | undefined;
}

export type Checked = { readonly event: AcceptedEvent; readonly mapped?: true } | { readonly problem: EventProblem };

/**
 * Checks an event that is kept in quarantine by the rules of ingest as they are at this moment, `since`, also those
 * that were registered a second ago, and reads its time as of its receipt. Where what its request had beside it was not
 * kept, as by releases up to 0.7.0, its own time is taken as it is. `raw` is undefined where its bytes are lost. Throws
 * AppError `schemas_unavailable`, or `store_unavailable` for what only a newer release can read.
 */
export async function checkKept(
  document: QuarantineDocument,
  raw: RawContent | undefined,
  { limits, openJudge }: CheckDeps,
  { since, turns, mapping }: CheckedBy,
): Promise<Checked> {
  const { code, path, index, org_id, receipt_id } = document;
  if (!raw || "digest" in raw || index === null)
    return { problem: { code, path, message: "nobody can read it: there is no event to be replayed" } };
  // What was accepted, and then refused by the store: it is as it will be stored.
  const accepted = code === "refused_by_store" || code === "processing_failed";
  if ("json" in raw && accepted)
    return { event: await promoteAnew(raw.json as AcceptedEvent, await openJudge(org_id, since), turns) };
  try {
    const batch = mapBatch(await readAgain(bytesOf(raw), document, index, turns), mapping);
    const judge = await openJudge(org_id, since);
    const [checked] = await checkEach(batch, readReceipt(receipt_id).receivedAt, limits, turns, judge);
    if (!checked) return { problem: { code, path, message: "it has no event" } };
    return { ...checked, ...(mapping && { mapped: true }) };
  } catch (error) {
    if (!(error instanceof AppError) || error.status >= 500) throw error;
    const isText = !("base64" in raw);
    const message = error.message.replace(/^the body/, "the event");
    return { problem: { code: isText ? "not_json" : "not_utf8", path: "", message } };
  }
}

/** It is as it was accepted, and is found by what its type promotes now. */
async function promoteAnew(
  event: AcceptedEvent,
  rules: Awaited<ReturnType<OpenJudge>>,
  turns: Turns,
): Promise<AcceptedEvent> {
  const judge = await rules?.prepareJudge([{ value: event }], turns);
  return { ...event, ...judge?.(event)?.columnsOf?.(event.properties) };
}

function mapBatch(batch: RawBatch, mapping: Mapping | undefined): RawBatch {
  if (!mapping) return batch;
  const mapOne = (one: RawEvent): RawEvent => {
    if (!("value" in one) || !isJsonObject(one.value)) return one;
    const { properties } = one.value;
    const mapped = isJsonObject(properties) ? { properties: applyMapping(properties, mapping) } : undefined;
    return { ...one, value: { ...one.value, ...mapped } };
  };
  return { ...batch, events: batch.events.map(mapOne) };
}

function bytesOf(raw: Exclude<RawContent, { readonly digest: Digest }>): Buffer {
  if ("text" in raw) return Buffer.from(raw.text);
  return "base64" in raw ? Buffer.from(raw.base64, "base64") : Buffer.from(JSON.stringify(raw.json));
}

import { AppError } from "../../../errors.ts";
import { isJsonObject, type JsonObject } from "../../../event/event.ts";
import { parseTime } from "../../../event/event-time.ts";
import type { Turns } from "../../../runtime/turn.ts";
import { describe } from "../../describe.ts";
import type { RawBatch } from "../../raw-batch.ts";
import { findStart, type JsonDocument, parseDocument } from "../../read-document.ts";
import { translatedBatch } from "../translated-batch.ts";
import { translateEvent } from "./translate-event.ts";

/** A body, with its events as they stand there. */
export interface Read {
  readonly document: JsonDocument;
  readonly events: readonly unknown[];
  /** What stands around the list of events; undefined where there is nothing around it. */
  readonly around?: JsonObject;
}

/** `{ batch: [...] }`, as servers send. Throws AppError `invalid_json` or `invalid_body`. */
export async function readBatch(body: Buffer, turns: Turns): Promise<Read> {
  const document = await readDocument(body, turns);
  const { json } = document;
  if (!isJsonObject(json)) throw new AppError("invalid_body", `the body is ${describe(json)}; expected an object`);
  if (Array.isArray(json.batch)) return { document, around: json, events: json.batch };
  const detail = `\`batch\` is ${describe(json.batch)}; expected an array of events`;
  throw new AppError("invalid_body", detail, { members: { path: "batch" } });
}

/** The same, or a list of events, or one event, as pages send. Throws AppError `invalid_json` or `invalid_body`. */
export async function readEvents(body: Buffer, turns: Turns): Promise<Read> {
  const document = await readDocument(body, turns);
  const { json } = document;
  if (Array.isArray(json)) return { document, events: json };
  if (!isJsonObject(json)) {
    throw new AppError("invalid_body", `the body is ${describe(json)}; expected an event, or a list of events`);
  }
  return Array.isArray(json.batch) ? { document, around: json, events: json.batch } : { document, events: [json] };
}

async function readDocument(body: Buffer, turns: Turns): Promise<JsonDocument> {
  const { bytes } = await findStart(body, turns);
  return parseDocument(bytes, turns);
}

/** `sentAt`: the client's clock, in ms. Throws AppError `empty_batch` or `too_many_events`. */
export function toBatch({ document, around, events }: Read, sentAt: number | undefined, maxEvents: number): RawBatch {
  const { batch, api_key, token, sent_at, created_at, ...left } = around ?? {};
  const beside = Object.keys(left).length === 0 ? undefined : left;
  const translate = (event: JsonObject) => translateEvent(event, { beside, sentAt });
  const adds = beside === undefined ? 0 : Buffer.byteLength(JSON.stringify(beside));
  const dialect = { name: "posthog", ...(beside && { beside }) };
  const list = around && { list: "batch" };
  return translatedBatch(document, { events, ...list, translate, dialect, sentAt, adds }, maxEvents);
}

/** One that is no time says nothing. */
export function timeOf(sent: unknown): number | undefined {
  return typeof sent === "string" ? parseTime(sent) : undefined;
}

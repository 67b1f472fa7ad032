import { createHash } from "node:crypto";
import type { HttpRequest } from "@azure/functions";
import { AppError } from "../../../errors.ts";
import { isJsonObject, type JsonObject } from "../../../event/event.ts";
import type { Turns } from "../../../runtime/turn.ts";
import { describe } from "../../describe.ts";
import { idempotencyKeyOf } from "../../idempotency-key.ts";
import { OPEN_OBJECT } from "../../json-bytes.ts";
import { type RawBatch, type RawEvent, tooManyEvents } from "../../raw-batch.ts";
import { findStart } from "../../read-document.ts";
import type { WayIn } from "../../way-in.ts";
import { answerLogs, isProtobuf } from "./answer-logs.ts";
import { decodeLogs } from "./decode-logs.ts";
import { findRecords } from "./find-records.ts";
import { parseLogs } from "./parse-logs.ts";
import { isLogRecord, type LogRecord, translateRecord } from "./translate-record.ts";

/** What OpenTelemetry's exporters of logs send by HTTP: `POST /v1/logs`, in JSON or in Protocol Buffers. */
export const otlp: WayIn = {
  credentialOf: ({ headers }) => headers.get("authorization"),
  read: async (body, request, limits, turns) =>
    toBatch(await readLogs(body, request, turns), body, request, limits.events),
  answer: answerLogs,
};

/** The record of a request that was kept alone, as `asRequest` makes it; undefined for what is none. */
export async function readKeptRecord(bytes: Buffer, turns: Turns): Promise<RawEvent | undefined> {
  const json = await parseLogs(bytes, turns);
  const [record] = isJsonObject(json) ? findRecords(json) : [];
  return isLogRecord(record) ? translateRecord(record) : undefined;
}

async function readLogs(body: Buffer, { headers }: HttpRequest, turns: Turns): Promise<JsonObject> {
  // Where nothing is said, bytes decide: a message of Protocol Buffers that begins so would begin with a group.
  const isJson = /json/i.test(headers.get("content-type") ?? "") || body[0] === OPEN_OBJECT;
  if (isProtobuf(headers) || !isJson) return decodeLogs(body, turns);
  const { bytes } = await findStart(body, turns);
  const json = await parseLogs(bytes, turns);
  if (isJsonObject(json)) return json;
  throw new AppError("invalid_body", `the body is ${describe(json)}; expected an object with \`resourceLogs\``);
}

/** Throws AppError `empty_batch`, `too_many_events` or `invalid_header`. */
function toBatch(logs: JsonObject, body: Buffer, request: HttpRequest, maxEvents: number): RawBatch {
  const records = findRecords(logs);
  if (records.length === 0) throw new AppError("empty_batch", "the request has no log record");
  if (records.length > maxEvents) throw tooManyEvents(records.length, maxEvents);
  return {
    events: records.map((one) => (isLogRecord(one) ? translateRecord(one) : { value: one })),
    ...keyOf(records, body, request),
    grows: sizeAround(records),
    dialect: { name: "otlp" },
    // Names and numbers were held against the bytes as they were read.
    ...{ names: 0, asSent: true, mayRound: false, keepsInvalid: true },
    sources: async () => records.map((one) => Buffer.from(JSON.stringify(isLogRecord(one) ? asRequest(one) : one))),
  };
}

/**
 * Records have no id, and exporters send the same bytes again when there was no answer. Records without a time could
 * be the same twice, and both meant.
 */
function keyOf(
  records: readonly unknown[],
  body: Buffer,
  request: HttpRequest,
): Pick<RawBatch, "idempotencyKey" | "keyIsOfBytes"> {
  const own = idempotencyKeyOf(request);
  if (own !== undefined) return { idempotencyKey: own };
  const timed = records.every(
    (one) => isLogRecord(one) && (one.record.timeUnixNano || one.record.observedTimeUnixNano),
  );
  if (!timed) return {};
  return { idempotencyKey: `otlp:${createHash("sha256").update(body).digest("base64url")}`, keyIsOfBytes: true };
}

/** Each event has what stands around its record. */
function sizeAround(records: readonly unknown[]): number {
  const known = new Map<unknown, number>();
  let bytes = 0;
  for (const one of records) {
    if (!isLogRecord(one)) continue;
    const size = known.get(one.scope) ?? JSON.stringify([one.resource, one.scope, one.beside]).length;
    known.set(one.scope, size);
    bytes += size;
  }
  return bytes;
}

/** A record alone, as it could be sent. */
function asRequest({ record, resource, scope, beside }: LogRecord): object {
  return { ...beside, resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [record] }] }] };
}

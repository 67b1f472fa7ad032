import type { HttpRequest } from "@azure/functions";
import type { Answer } from "../../../http/endpoint.ts";
import type { AcceptedBatch } from "../../accept-batch.ts";

/**
 * What an exporter expects: 200, in the form of its request, with the number of records that are not stored and why
 * (https://opentelemetry.io/docs/specs/otlp/#partial-success). It tells its user, and does not send them again.
 */
export function answerLogs(batch: AcceptedBatch, { headers }: Pick<HttpRequest, "headers">): Answer {
  const { receipt_id, quarantined } = batch;
  const why = quarantined === 0 ? undefined : explain(batch);
  if (isProtobuf(headers)) {
    const body = why === undefined ? Buffer.alloc(0) : encodePartialSuccess(quarantined, why);
    return { status: 200, body, headers: { "content-type": "application/x-protobuf", "x-receipt-id": receipt_id } };
  }
  const partialSuccess = why !== undefined && {
    partialSuccess: { rejectedLogRecords: `${quarantined}`, errorMessage: why },
  };
  return { status: 200, body: { ...partialSuccess, receipt_id }, headers: { "x-receipt-id": receipt_id } };
}

export function isProtobuf(headers: HttpRequest["headers"]): boolean {
  return /^application\/(x-)?protobuf\b/i.test(headers.get("content-type") ?? "");
}

function explain({ receipt_id, quarantined, results }: AcceptedBatch): string {
  const first = results.find(({ result }) => result === "quarantined");
  const example = first && `; record ${first.index}: ${first.code}, ${first.path ?? ""}: ${first.message ?? ""}`;
  return `${quarantined} wait in quarantine, see the receipt ${receipt_id}${example ?? ""}`;
}

/** `ExportLogsServiceResponse` with its one field, in which the number is field 1 and the text field 2. */
function encodePartialSuccess(rejected: number, why: string): Buffer {
  const text = Buffer.from(why);
  const inner = Buffer.concat([Buffer.of(0x08), varint(rejected), Buffer.of(0x12), varint(text.length), text]);
  return Buffer.concat([Buffer.of(0x0a), varint(inner.length), inner]);
}

function varint(number: number): Buffer {
  const bytes: number[] = [];
  for (let rest = number; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

import { HttpRequest } from "@azure/functions";
import { ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../../shared/errors.ts";
import type { JsonObject } from "../../../../shared/event/event.ts";
import { answerLogs } from "../../../../shared/ingest/dialects/otlp/answer-logs.ts";
import { otlp } from "../../../../shared/ingest/dialects/otlp/otlp.ts";
import type { RawBatch } from "../../../../shared/ingest/raw-batch.ts";
import { takeTurns } from "../../../../shared/runtime/turn.ts";
import { findLost } from "./find-lost.ts";

const limits = { events: 1_000, eventBytes: 100_000 };
const JSON_TYPE = "application/json";
const PROTOBUF = "application/x-protobuf";

const toRequest = (type: string, more: Record<string, string> = {}): HttpRequest =>
  new HttpRequest({ url: "https://headrace.test/v1/logs", method: "POST", headers: { "content-type": type, ...more } });
const read = (body: Buffer, type: string): Promise<RawBatch> =>
  otlp.read(body, toRequest(type), limits, takeTurns());
const readJson = (json: unknown): Promise<RawBatch> => read(Buffer.from(JSON.stringify(json)), JSON_TYPE);
const valuesOf = ({ events }: RawBatch): JsonObject[] =>
  events.map((event) => ("value" in event ? (event.value as JsonObject) : {}));

const request = (record: object, resource: object = {}, scope: object = {}): object => ({
  resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [record] }] }],
});
const attribute = (key: string, value: object): object => ({ key, value });

import { HttpRequest } from "@azure/functions";
import { JsonLogsSerializer, ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../../shared/errors.ts";
import type { JsonObject } from "../../../../shared/event/event.ts";
import { answerLogs } from "../../../../shared/ingest/dialects/otlp/answer-logs.ts";
import { otlp } from "../../../../shared/ingest/dialects/otlp/otlp.ts";
import type { RawBatch } from "../../../../shared/ingest/raw-batch.ts";
import { takeTurns } from "../../../../shared/runtime/turn.ts";
import { leavesOfLog, logRecord } from "../../../support/dialect-payloads.ts";
import { findLost } from "../../../support/find-lost.ts";

const limits = { events: 1_000, eventBytes: 100_000 };
const JSON_TYPE = "application/json";
const PROTOBUF = "application/x-protobuf";

const toRequest = (type: string): HttpRequest =>
  new HttpRequest({ url: "https://headrace.test/v1/logs", method: "POST", headers: { "content-type": type } });
const read = (body: Buffer, type: string): Promise<RawBatch> => otlp.read(body, toRequest(type), limits, takeTurns());
const readJson = (json: unknown): Promise<RawBatch> => read(Buffer.from(JSON.stringify(json)), JSON_TYPE);
const valuesOf = ({ events }: RawBatch): JsonObject[] =>
  events.map((event) => ("value" in event ? (event.value as JsonObject) : {}));
const request = (record: object, resource: object = {}, scope: object = {}, more: object = {}): object => ({
  resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [record], ...more }] }],
});

describe("a log record", () => {
  it("has each of its leaves in its event, and those of its resource and scope", async () => {
    await fc.assert(
      fc.asyncProperty(logRecord, async ({ record, resource = {}, scope = {}, schemaUrl }) => {
        const sent = request(record, resource as object, scope as object, { schemaUrl });
        const [event] = valuesOf(await readJson(sent));
        expect(
          findLost(leavesOfLog(record, { resource, scope, schemaUrl }), event).filter((leaf) => leaf !== 0),
        ).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("is an event by its name, time, person and session; attributes are properties, and nothing hides another one", async () => {
    const attribute = (name: string, value: object): object => ({ key: name, value });
    const [event] = valuesOf(
      await readJson(
        request(
          {
            ...{ timeUnixNano: "1795341600123456789", observedTimeUnixNano: "1795341601000000000", flags: 1 },
            ...{ eventName: "order_paid", severityText: "INFO", severityNumber: 9, body: { stringValue: "paid" } },
            attributes: [
              ...[attribute("user.id", { stringValue: "ada" }), attribute("session.id", { stringValue: "s-1" })],
              ...[attribute("total", { doubleValue: 12.5 }), attribute("severity", { stringValue: "mine" })],
              attribute("big", { intValue: "9007199254740993" }),
            ],
            ...{ traceId: "5b8efff798038103d269b633813fc60c", spanId: "eee19b7ec3c1b174" },
          },
          { attributes: [attribute("service.name", { stringValue: "shop" })] },
          { name: "cart", version: "1" },
        ),
      ),
    );
    expect(event).toEqual({
      ...{ event_type: "order_paid", timestamp: "2026-11-22T10:00:00.123456789Z", user_id: "ada", session_id: "s-1" },
      properties: { total: 12.5, severity: "mine", big: "9007199254740993", body: "paid", severity_number: 9 },
      context: {
        ...{ resource: { "service.name": "shop" }, scope: { name: "cart", version: "1" } },
        ...{ trace_id: "5b8efff798038103d269b633813fc60c", span_id: "eee19b7ec3c1b174" },
        source: { flags: 1, observedTimeUnixNano: "1795341601000000000", severity: "INFO" },
      },
    });
  });

  it("without a name is a log, and without a time has the one at which it was seen, or none", async () => {
    const eventOf = async (one: object) => valuesOf(await readJson(request(one)))[0];
    const named = { key: "event.name", value: { stringValue: "paid" } };
    expect(await eventOf({ attributes: [named] })).toMatchObject({ event_type: "paid", properties: {} });
    expect(await eventOf({ observedTimeUnixNano: "1795341600000000000", timeUnixNano: "0" })).toMatchObject({
      ...{ event_type: "log", timestamp: "2026-11-22T10:00:00.000000000Z" },
    });
    expect((await eventOf({ timeUnixNano: "soon" }))?.context).toEqual({ source: { timeUnixNano: "soon" } });
  });

  it("that comes again has the same id, unless its time is not known", async () => {
    const keyOf = async (one: object) => (await readJson(request(one))).idempotencyKey;
    const timed = { timeUnixNano: "1795341600000000000" };
    expect(await keyOf(timed)).toBe(await keyOf(timed));
    expect(await keyOf({ ...timed, flags: 1 })).not.toBe(await keyOf(timed));
    expect(await keyOf({})).toBeUndefined();
  });

  it("keeps integers of 64 bits that came as numbers, and is refused with a name twice", async () => {
    const body = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":1795341600123456789}]}]}]}';
    const [event] = valuesOf(await read(Buffer.from(body), JSON_TYPE));
    expect(event?.timestamp).toBe("2026-11-22T10:00:00.123456789Z");
    await expect(read(Buffer.from('{"resourceLogs":[],"resourceLogs":[]}'), JSON_TYPE)).rejects.toMatchObject({
      code: "invalid_json",
    });
  });
});

describe("a request in Protocol Buffers", () => {
  async function emit(): Promise<Parameters<typeof ProtobufLogsSerializer.serializeRequest>[0]> {
    const exporter = new InMemoryLogRecordExporter();
    const processors = [new SimpleLogRecordProcessor({ exporter })];
    const resource = resourceFromAttributes({ "service.name": "shop", n: 3, tags: ["a", "b"] });
    const provider = new LoggerProvider({ resource, processors });
    const values = {
      text: "ü",
      yes: true,
      no: false,
      int: -5,
      big: 2 ** 40,
      real: 0.1,
      list: [1, "a", null],
      map: { a: { b: 1 } },
    };
    const bytes = new Uint8Array([0, 255]);
    provider
      .getLogger("cart", "1.2")
      .emit({ eventName: "order_paid", body: { deep: [values] }, attributes: { ...values, bytes }, severityNumber: 9 });
    provider.getLogger("other").emit({ body: "a line", timestamp: new Date(1_795_341_600_123) });
    await provider.forceFlush();
    return exporter.getFinishedLogRecords();
  }

  it("has the same events as in JSON", async () => {
    const records = await emit();
    const proto = Buffer.from(ProtobufLogsSerializer.serializeRequest(records) ?? []);
    const json = Buffer.from(JsonLogsSerializer.serializeRequest(records) ?? []);
    const [fromProto, fromJson] = [valuesOf(await read(proto, PROTOBUF)), valuesOf(await read(json, JSON_TYPE))];
    expect(fromProto.map(({ event_type }) => event_type)).toEqual(["order_paid", "log"]);
    expect(fromProto).toEqual(fromJson);
    // Bytes decide where nothing is said.
    expect(valuesOf(await read(proto, ""))).toEqual(fromProto);
    expect(valuesOf(await read(json, ""))).toEqual(fromProto);
  });

  it("is refused when it is cut off, and never fails otherwise, whatever its bytes are", async () => {
    const whole = Buffer.from(ProtobufLogsSerializer.serializeRequest(await emit()) ?? []);
    const attempt = (body: Buffer) => read(body, PROTOBUF).catch((error: unknown) => error);
    for (let end = 1; end < whole.length; end++) {
      const found = await attempt(whole.subarray(0, end));
      if (found instanceof Error) expect(found).toBeInstanceOf(AppError);
    }
    const spoiled = fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(([at, byte]) => {
      const copy = Buffer.from(whole);
      copy[at % copy.length] = byte;
      return copy;
    });
    const bytes = fc.oneof(
      spoiled,
      fc.uint8Array({ maxLength: 80 }).map((some) => Buffer.from(some)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (body) => {
        const found = await attempt(body);
        if (found instanceof Error) expect(found).toBeInstanceOf(AppError);
      }),
      { numRuns: 1_000 },
    );
  });

  it("keeps a field that is not known, by its number", async () => {
    const field = (number: number, content: Buffer) =>
      Buffer.concat([Buffer.of(number * 8 + 2, content.length), content]);
    const one = field(
      1,
      field(2, field(2, Buffer.concat([field(5, field(1, Buffer.from("a"))), Buffer.of(13 * 8, 7)]))),
    );
    const [event] = valuesOf(await read(one, PROTOBUF));
    expect(event).toMatchObject({ properties: { body: "a" }, context: { source: { field_13: "7" } } });
  });

  it("that is nested without end is refused", async () => {
    let value: Buffer = Buffer.from([0x0a, 0x01, 0x61]);
    const wrap = (tag: number, inner: Buffer): Buffer => {
      const length = inner.length < 128 ? [inner.length] : [(inner.length & 0x7f) | 0x80, inner.length >> 7];
      return Buffer.concat([Buffer.of(tag, ...length), inner]);
    };
    for (let i = 0; i < 100; i++) value = wrap(0x2a, wrap(0x0a, value));
    const body = wrap(0x0a, wrap(0x12, wrap(0x12, wrap(0x2a, value))));
    await expect(read(body, PROTOBUF)).rejects.toMatchObject({ code: "invalid_body" });
  });
});

describe("an answer", () => {
  const results = [
    { index: 3, result: "quarantined", code: "too_large", path: "events[3]", message: "x".repeat(300) },
  ] as const;
  const batch = { receipt_id: "r", accepted: 200, duplicate: 0, quarantined: 0, results: [] };

  it("is in the form of its request, and tells how many records wait in quarantine", () => {
    expect(answerLogs(batch, toRequest(JSON_TYPE)).body).toEqual({ receipt_id: "r" });
    const partial = { ...batch, quarantined: 150, results };
    expect(answerLogs(partial, toRequest(JSON_TYPE)).body).toMatchObject({
      partialSuccess: { rejectedLogRecords: "150", errorMessage: expect.stringContaining("receipt r; record 3") },
    });
    const none = answerLogs(batch, toRequest(PROTOBUF));
    expect([none.headers, none.body]).toEqual([{ "content-type": PROTOBUF, "x-receipt-id": "r" }, Buffer.alloc(0)]);
    const read_ = ProtobufLogsSerializer.deserializeResponse(
      answerLogs(partial, toRequest(PROTOBUF)).body as Uint8Array,
    );
    expect(read_.partialSuccess).toMatchObject({ errorMessage: expect.stringContaining("too_large") });
    expect(Number(read_.partialSuccess?.rejectedLogRecords)).toBe(150);
  });
});

import { gzipSync } from "node:zlib";
import { OTLPLogExporter as JsonExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtobufExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { CompressionAlgorithm } from "@opentelemetry/otlp-exporter-base";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from "@opentelemetry/sdk-logs";
import { describe, expect, it } from "vitest";
import { passingFaults, startProxy } from "../../support/fault-proxy.ts";
import { LengthAgent } from "../../support/length-agent.ts";
import { makeOrg, product, type TestOrg } from "../../support/product.ts";
import { keysThatFail } from "../../support/revoked-key.ts";
import { readSettled, readStored } from "../../support/stored-events.ts";

interface Result {
  readonly code: number;
  readonly error?: Error;
}

/** A logger whose exporter tells what it was told. */
function start(exporter: LogRecordExporter) {
  const results: Result[] = [];
  const watched: LogRecordExporter = {
    export: (records, tell) =>
      exporter.export(records, (result) => {
        results.push(result);
        tell(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ "service.name": "shop" }),
    processors: [new BatchLogRecordProcessor({ exporter: watched })],
  });
  return { logger: provider.getLogger("cart", "1.2"), end: () => provider.shutdown(), results };
}

const at = (second: number): Date => new Date(Date.UTC(2026, 10, 22, 10, 0, second));
const pathOf = (origin: string): string => `${origin}/v1/logs`;

describe.each([
  ["@opentelemetry/exporter-logs-otlp-http 0.221.0", JsonExporter],
  ["@opentelemetry/exporter-logs-otlp-proto 0.221.0", ProtobufExporter],
])("%s", (_, Exporter) => {
  const exportTo = (origin: string, { key }: Pick<TestOrg, "key">, more: object = {}) =>
    start(
      new Exporter({
        ...{ url: pathOf(origin), headers: { authorization: `Bearer ${key}` } },
        ...{ httpAgentOptions: () => new LengthAgent(), ...more },
      }),
    );

  it("stores each record once, with its name, time, person, attributes, resource and scope, and says so", async () => {
    const org = await makeOrg();
    const { logger, end, results } = exportTo(product.baseUrl, org);
    const attributes = { "user.id": "ada", total: 12.5, items: ["a", "b"], nested: { deep: { int: 7 } } };
    logger.emit({
      eventName: "order_paid",
      timestamp: at(1),
      attributes,
      body: "paid",
      severityNumber: 9,
      severityText: "INFO",
    });
    logger.emit({ timestamp: at(2), body: { a: [1, null] } });
    await end();
    expect(results).toEqual([{ code: 0 }]);
    const context = { resource: { "service.name": "shop" }, scope: { name: "cart", version: "1.2" } };
    expect(await readStored(org, 2)).toMatchObject([
      {
        ...{ event_type: "order_paid", user_id: "ada", timestamp: at(1).toISOString(), context },
        properties: {
          ...{ total: 12.5, items: ["a", "b"], nested: { deep: { int: 7 } } },
          ...{ body: "paid", severity: "INFO", severity_number: 9 },
        },
      },
      { event_type: "log", timestamp: at(2).toISOString(), properties: { body: { a: [1, null] } }, context },
    ]);
  });

  it("has a bad record delivered to quarantine, and its neighbours stored", async () => {
    const org = await makeOrg();
    const { logger, end, results } = exportTo(product.baseUrl, org);
    logger.emit({ eventName: "x".repeat(201), timestamp: at(1) });
    logger.emit({ eventName: "order_paid", timestamp: at(2) });
    await end();
    expect(results.map(({ code }) => code)).toEqual([0]);
    expect(await readStored(org, 1)).toMatchObject([{ event_type: "order_paid" }]);
    expect(await readSettled(org, 2)).toMatchObject({ stored: 1, quarantined: 1 });
  });

  it.each(keysThatFail)("tells its caller that a %s key does not work", async (_what, makeKey) => {
    const { logger, end, results } = exportTo(product.baseUrl, { key: await makeKey() });
    logger.emit({ body: "x" });
    await end();
    expect(results).toMatchObject([{ code: 1, error: { code: 401 } }]);
  });

  it.each(passingFaults)("sends again after %s, and the record is stored once", async (_what, fault) => {
    const org = await makeOrg();
    const proxy = await startProxy(product.baseUrl, [fault]);
    const { logger, end, results } = exportTo(proxy.url, org);
    logger.emit({ eventName: "order_paid", timestamp: at(1) });
    await end();
    await proxy.close();
    expect([results.map(({ code }) => code), proxy.requests()]).toEqual([[0], 2]);
    await readSettled(org, 1);
    expect(await readStored(org, 1)).toHaveLength(1);
  });

  it("compresses, and the record is stored", async () => {
    const org = await makeOrg();
    const { logger, end, results } = exportTo(product.baseUrl, org, { compression: CompressionAlgorithm.GZIP });
    logger.emit({ eventName: "packed" });
    await end();
    expect(results).toEqual([{ code: 0 }]);
    expect(await readStored(org, 1)).toMatchObject([{ event_type: "packed" }]);
  });

  it("by itself sends chunks, and is told that they do not arrive", async () => {
    const org = await makeOrg();
    const { logger, end, results } = exportTo(product.baseUrl, org, { httpAgentOptions: {} });
    logger.emit({ body: "x" });
    await end();
    expect(results).toMatchObject([{ code: 1, error: { code: 411, data: expect.stringContaining("chunked") } }]);
  });
});

describe("OTLP", () => {
  it.each(["traces", "metrics"])("of %s is answered that it is not here, and logs are", async (signal) => {
    const answer = await fetch(`${product.baseUrl}/v1/${signal}`, { method: "POST", body: "{}" });
    expect([answer.status, await answer.json()]).toMatchObject([
      404,
      { code: "path_not_found", detail: expect.stringContaining("`/v1/logs`") },
    ]);
  });

  it("answers a body without records as a 400, and takes what is compressed with a length", async () => {
    const org = await makeOrg();
    const headers = { authorization: `Bearer ${org.key}`, "content-type": "application/json" };
    const empty = await fetch(pathOf(product.baseUrl), { method: "POST", headers, body: '{"resourceLogs":[]}' });
    expect([empty.status, ((await empty.json()) as { code: string }).code]).toEqual([400, "empty_batch"]);
    const one = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ eventName: "a" }] }] }] };
    const packed = gzipSync(JSON.stringify(one));
    const taken = await fetch(pathOf(product.baseUrl), {
      ...{ method: "POST", body: packed, headers: { ...headers, "content-encoding": "gzip" } },
    });
    expect([taken.status, await taken.json()]).toMatchObject([200, { receipt_id: expect.any(String) }]);
  });
});

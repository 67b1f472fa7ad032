import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import { makeOrg, product } from "../../support/product.ts";

const member = fc.constantFrom(
  "batch",
  "type",
  "event",
  "messageId",
  "userId",
  "context",
  "properties",
  "writeKey",
  "sentAt",
  ...["resourceLogs", "resource", "scopeLogs", "scope", "logRecords", "attributes", "key", "value", "body"],
  ...["timeUnixNano", "stringValue", "arrayValue", "values"],
);
const json = fc
  .letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom("1.0", "track", "page", "alias", "2026-11-22T10:00:00Z", "", " "),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.oneof(member, fc.string({ maxLength: 5 })), tie("value"), { maxKeys: 5 }),
    ),
  }))
  .value.map((value) => Buffer.from(JSON.stringify(value)));
const body = fc.oneof(
  json,
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  json.map((bytes) => gzipSync(bytes)),
  json.map((bytes) => Buffer.from(`data=${encodeURIComponent(bytes.toString("base64"))}`)),
  fc.tuple(json, fc.nat()).map(([bytes, end]) => bytes.subarray(0, end % (bytes.length + 1))),
);

const binary = { "ce-specversion": "1.0", "ce-id": "%", "ce-source": "/", "ce-type": "t" };
const ways: readonly (readonly [string, Record<string, string>])[] = [
  ["/v1/batch", {}],
  ["/v1/t", {}],
  ["/v1/page", {}],
  ["/v1/logs", { "content-type": "application/json" }],
  ["/v1/logs", { "content-type": "application/x-protobuf" }],
  ["/beacon/v1/batch", {}],
  ["/batch/", {}],
  ["/i/v1/analytics/events", {}],
  ["/e/?_=1795341600000", {}],
  ["/i/v0/e/", { "content-type": "application/x-www-form-urlencoded" }],
  ["/flags/?v=2", {}],
  ["/api/v1/events", { "content-type": "application/cloudevents+json" }],
  ["/api/v1/events", { "content-type": "application/cloudevents-batch+json" }],
  ["/api/v1/events", { ...binary, "content-type": "application/json" }],
  ["/api/v1/events", { ...binary, "content-type": "text/plain" }],
];

it.each(ways)(
  "whatever bytes come to %s with %j, they are taken or refused, and never a failure of the product",
  async (path, own) => {
    const org = await makeOrg();
    const send = (bytes: Buffer, headers: Record<string, string>) =>
      fetch(product.baseUrl + path, { method: "POST", body: new Uint8Array(bytes), headers });
    await fc.assert(
      fc.asyncProperty(body, fc.boolean(), async (bytes, signed) => {
        const answer = await send(bytes, { ...own, ...(signed && { authorization: `Bearer ${org.key}` }) });
        expect(answer.status).toBeLessThan(500);
      }),
      { numRuns: 120 },
    );
  },
);

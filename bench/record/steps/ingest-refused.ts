import { json, type RequestStep } from "../step.ts";
import { ingestPath, makeEvents, post } from "./post-events.ts";

const MIB = 1024 * 1024;

const limits: readonly RequestStep[] = [
  post("ingest-too-many", () => makeEvents(5_001, () => ({ event_type: "x" }))),
  post("ingest-too-many-lines", () => '{"event_type":"x"}\n'.repeat(5_001)),
  post("ingest-too-many-types", () => makeEvents(1_001, (i) => ({ event_type: `t${i}` }))),
  post("ingest-too-large", () => Buffer.alloc(4 * MIB + 1, 0x20)),
  post("ingest-large-event", () =>
    json([{ event_type: "x", properties: { text: "x".repeat(256 * 1024) } }, { event_type: "x" }]),
  ),
  post("ingest-deep", () => `${"[".repeat(600)}${"]".repeat(600)}`),
  post("ingest-deep-large", () => `${"[".repeat(20_000)}${"]".repeat(20_000)}`),
  post("ingest-deep-properties", () =>
    json([
      { event_type: "x", properties: JSON.parse(`${'{"a":'.repeat(40)}1${"}".repeat(40)}`) as object },
      { event_type: "x" },
    ]),
  ),
  post("ingest-many-keys", () =>
    json({ event_type: "x", properties: Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`k${i}`, i])) }),
  ),
];

const bodies: readonly RequestStep[] = Object.entries({
  empty: "",
  space: "  \n ",
  "empty-array": "[]",
  "empty-events": '{"events":[]}',
  "events-object": '{"events":{}}',
  "events-and-more": '{"events":[{"event_type":"x"}],"extra":1}',
  "sent-at-number": '{"events":[{"event_type":"x"}],"sent_at":5}',
  "sent-at-text": '{"events":[{"event_type":"x"}],"sent_at":"yesterday"}',
  null: "null",
  number: "7",
  text: '"text"',
  "long-text": json("t".repeat(50)),
  "not-json": "event",
  "not-json-line-3": '{\n  "event_type": "x",\n  "properties": {]\n}',
  "not-json-cut": '{"event_type": "x", "properties": {"a": [1, 2',
  "not-json-control": '{"event_type": "a\u0001"}',
  "array-lines": '[{"event_type":"x"}]\n[{"event_type":"x"}]',
  "lines-none": "no json\nno json either\n",
  "name-twice": '{"event_type":"x","event_type":"y"}',
}).map(([name, body]) => post(`ingest-body-${name}`, body));

/** Each is the only event of its batch, so that the answer says what is wrong with it. */
const fields: readonly RequestStep[] = Object.entries({
  "no-type": {},
  "null-type": { event_type: null },
  "long-type": { event_type: "t".repeat(1_000) },
  "control-type": { event_type: "a\u0000b" },
  "number-id": { event_type: "x", event_id: 7 },
  "empty-id": { event_type: "x", event_id: "" },
  "long-id": { event_type: "x", event_id: "i".repeat(1_000) },
  "bad-time": { event_type: "x", timestamp: "2020-02-30T00:00:00Z" },
  "date-only": { event_type: "x", timestamp: "2020-02-20" },
  "number-time": { event_type: "x", timestamp: 1_600_000_000 },
  "number-user": { event_type: "x", user_id: 7 },
  "long-user": { event_type: "x", user_id: "u".repeat(1_000) },
  "zero-version": { event_type: "x", schema_version: 0 },
  "text-version": { event_type: "x", schema_version: "1" },
  "array-properties": { event_type: "x", properties: [] },
  "unknown-field": { event_type: "x", color: "red" },
  prototype: { event_type: "x", constructor: "y" },
}).map(([name, event]) => post(`ingest-field-${name}`, json(event)));

const transport: readonly RequestStep[] = [
  post("ingest-chunked", json({ event_type: "x" }), { chunked: true }),
  post("ingest-not-utf8", Buffer.from([0x7b, 0xff, 0x7d])),
  post("ingest-byte-order-mark", `\ufeff${json({ event_type: "x" })}`),
  post("ingest-query", json({ event_type: "x" }), { path: `${ingestPath}?dry_run=1` }),
];

/** Events that are refused as a whole or in part, or taken although they look odd. */
export const ingestRefused: readonly RequestStep[] = [...limits, ...bodies, ...fields, ...transport];

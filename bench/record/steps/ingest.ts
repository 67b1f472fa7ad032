import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { bearer, json, type RequestStep } from "../step.ts";
import { makeEvents, post } from "./post-events.ts";

const MIB = 1024 * 1024;

const keepReceipt = (name: string): Partial<RequestStep> => ({ keep: { [name]: /"receipt_id":"([^"]+)"/ } });

/** Long past, so that no time of the recording is taken for one of theirs; in 2020, for the queries. */
const dated = makeEvents(7, (i) => ({
  event_id: `dated-${i}`,
  event_type: i % 2 === 0 ? "page_viewed" : "button_clicked",
  timestamp: `2020-03-0${i + 1}T10:0${i}:00.000Z`,
  user_id: `user-${i % 3}`,
  schema_version: i < 4 ? 1 : 2,
  properties: { path: `/page/${i}`, nested: { list: [1, "zwei", null, true, 3.5] } },
}));

const accepted: readonly RequestStep[] = [
  post("ingest-dated", dated, keepReceipt("dated")),
  post("ingest-one", json({ event_id: "one", event_type: "x", timestamp: "2020-01-01T00:00:00Z" }), keepReceipt("one")),
  post("ingest-writer", json({ event_type: "x", user_id: "generated-id" }), { headers: bearer("writer") }),
  post(
    "ingest-mixed",
    json([
      { event_id: "mixed", event_type: "x" },
      { event_id: "mixed", event_type: "y" },
      { event_id: "bad", event_type: "" },
      "no object",
      { event_type: 7 },
    ]),
    keepReceipt("mixed"),
  ),
  post(
    "ingest-again",
    json([
      { event_id: "one", event_type: "x" },
      { event_id: "new", event_type: "x" },
    ]),
    {
      ...keepReceipt("again"),
    },
  ),
  post("ingest-wrapper", json({ events: [{ event_id: "w", event_type: "x" }], sent_at: null }), keepReceipt("wrapper")),
  post(
    "ingest-clock-behind",
    json({
      sent_at: "2019-01-01T00:10:00Z",
      events: [{ event_id: "behind", event_type: "x", timestamp: "2019-01-01T00:00:00Z" }],
    }),
    keepReceipt("behind"),
  ),
  post("ingest-ahead", json({ event_id: "ahead", event_type: "x", timestamp: "2999-01-01T00:00:00Z" })),
  post("ingest-offset", json({ event_id: "offset", event_type: "x", timestamp: "2020-01-01T01:00:00.5+01:00" })),
  post("otlp-logs", json({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ eventName: "x" }] }] }] }), {
    path: "/v1/logs",
  }),
  post("posthog-batch", json({ batch: [{ event: "x", distinct_id: "user-1", uuid: "u" }] }), { path: "/batch" }),
  post("posthog-events", json({ batch: [{ event: "x", distinct_id: "user-1", uuid: "u" }] }), {
    path: "/i/v1/analytics/events",
  }),
  post("posthog-page", json({ event: "x", uuid: "u", properties: { distinct_id: "user-1" } }), { path: "/i/v0/e" }),
  post("posthog-page-e", `data=${Buffer.from(json([{ event: "x" }])).toString("base64url")}`, { path: "/e" }),
  post("posthog-flags", json({}), { path: "/flags" }),
  post("segment-call", json({ event: "x", userId: "user-1", messageId: "m" }), { path: "/v1/track" }),
  post("rudder-beacon", json({ batch: [{ type: "track", event: "x", userId: "user-1", messageId: "b" }] }), {
    path: "/beacon/v1/batch",
  }),
  post("ingest-lines", '{"event_id":"l1","event_type":"x"}\n\n{"event_id":"l2","event_type":"x"}\r\n', {
    ...keepReceipt("lines"),
  }),
  post("ingest-lines-bad", '{"event_id":"l3","event_type":"x"}\nno json\n[1]\n{"event_id":"l4","event_type":"x"', {
    ...keepReceipt("linesBad"),
  }),
  post("ingest-lines-not-utf8", Buffer.concat([Buffer.from('{"event_id":"l5","event_type":"x"}\n'), Buffer.of(255)])),
  post("ingest-content-type", json({ event_type: "x" }), { headers: { "content-type": "text/plain; charset=latin1" } }),
  post(
    "ingest-strange-names",
    json({ event_id: "ein / Name?#ü", event_type: "<b>", properties: { "": 1, ä: "\u2028" } }),
  ),
];

const packed: readonly RequestStep[] = [
  ...(
    [
      ["gzip", gzipSync],
      ["x-gzip", gzipSync],
      ["deflate", deflateSync],
      ["br", brotliCompressSync],
      ["zstd", zstdCompressSync],
      ["identity", (text: string) => Buffer.from(text)],
      ["GZIP", gzipSync],
    ] as const
  ).map(([encoding, pack]) =>
    post(`ingest-packed-${encoding}`, () => pack(json({ event_id: encoding, event_type: "packed" })), {
      headers: { "content-encoding": encoding },
    }),
  ),
  post("ingest-packed-raw-deflate", () => deflateRawSync(json({ event_type: "packed" })), {
    headers: { "content-encoding": "deflate" },
  }),
  post("ingest-packed-no-header", () => gzipSync(json({ event_type: "packed" }))),
  post("ingest-packed-not-packed", json({ event_type: "packed" }), { headers: { "content-encoding": "gzip" } }),
  post("ingest-packed-unknown", "x", { headers: { "content-encoding": "compress" } }),
  post("ingest-packed-twice", "x", { headers: { "content-encoding": "gzip, br" } }),
  post("ingest-packed-cut", () => gzipSync(json({ event_type: "packed" })).subarray(0, 20)),
  post("ingest-packed-garbage", "no brotli", { headers: { "content-encoding": "br" } }),
  post("ingest-packed-tail", () => Buffer.concat([deflateSync(json({ event_type: "packed" })), Buffer.from("tail")]), {
    headers: { "content-encoding": "deflate" },
  }),
  post("ingest-packed-bomb", () => gzipSync(Buffer.alloc(21 * MIB, 0x20)), { headers: { "content-encoding": "gzip" } }),
];

export const ingest: readonly RequestStep[] = [...accepted, ...packed];

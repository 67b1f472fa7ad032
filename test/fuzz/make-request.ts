import zlib from "node:zlib";
import type { Random } from "../../local/launcher/faults/random.ts";
import { encodedEvents, encodingTokens, packUnusually } from "./encodings.ts";
import { parameterValues, timedEvents, timeTokens } from "./times.ts";

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What the fuzzer knows of the product: a key, and ids that it was given. */
export interface Known {
  readonly key: string;
  readonly ids: string[];
}

const names = (count: number): string => Array.from({ length: count }, (_, i) => `"n${i}":${i}`).join(",");

const events = [
  ...encodedEvents,
  ...timedEvents,
  '{"event_id":"a","event_type":"x"}',
  '[{"event_id":"a","event_type":"x","timestamp":"2026-11-22T10:00:00Z","user_id":"u","schema_version":1,"properties":{"a":[1,{"b":null}]}}]',
  '{"events":[{"event_id":"a","event_type":"x"},{"event_type":7}],"sent_at":"2026-11-22T10:00:00Z"}',
  '{"event_id":"a","event_type":"x"}\n{"event_id":"b","event_type":"y"}\n',
  '[{"event_type":"\\u8a9e","properties":{"__proto__":1,"constructor":{}}},{"event_type":""},5,null,[]]',
  // Lines, and what looks like them.
  '\uFEFF\r\n {"event_id":"c","event_type":"x"}\r\n\r\n{"event_id":"d\n5\n\t{"event_type":"y"}\u2028\n',
  '{"events":[\n{"event_id":"e","event_type":"x"},\n{"event_id":"f","event_type":"y"}\n]}',
  '{\n  "event_type": "x",\n  "properties": {\n    "a": [\n      {}\n    ]\n  }\n}\n',
  // Numbers.
  '[{"event_type":"x","properties":{"n":[608548899684111178,1e23,-0,1e-400]}},{"event_type":"x"}]',
  '[{"event_type":"x","properties":{"n":900719925474099.3e1}},{"event_type":"x","properties":{"n":0.12345678901234567}}]',
  '{"event_type":"x","properties":{"n":12345678901234567000,"m":9007199254740992}}',
  // Names.
  '[{"event_type":"x","properties":{"a":1,"b":{"c":2,"\\u0063":3}}},{"event_type":"x","event_type":"y"},{"event_type":"z"}]',
  '{"events":[{"event_type":"x"}],"events":[{"event_type":"y"}],"sent_at":null}',
];

/** At a bound. Large, and so they are rare. */
const bulkyEvents = [
  `[{"event_type":"x","properties":{${names(2_001)}}},{"event_type":"x"}]`,
  `{"event_type":"x","properties":{${names(5_001)}}}`,
];

/** Pieces that mean something to some part on the way. */
const tokens = [
  ...encodingTokens,
  ...timeTokens,
  "{",
  "}",
  "[",
  "]",
  '"',
  ",",
  ":",
  "\\",
  "\n",
  "\r\n",
  "\0",
  " ",
  "\uFEFF",
  "null",
  "true",
  "1e999",
  "-0",
  "9007199254740993",
  "-608548899684111178.0",
  "1.2345678901234567e+20",
  "0000000000000000",
  '"a":1,"a":2',
  "NaN",
  "// ",
  "\r",
  "\u2028",
  '{"event_type":"x"}\n',
  '\n{"events":[\n',
  '"__proto__"',
  '"events"',
  '"event_type"',
  '"event_id"',
  '"timestamp"',
  '"properties"',
  '"sent_at"',
  "\\ud800",
  "\\u0000",
  "[[[[[[[[",
  '{"a":{"a":{"a":',
  "2026-02-30T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "9999-12-31T23:59:60Z",
  "x".repeat(300),
  "語",
  "\u{1F600}",
  "%00",
  "%2e%2e%2f",
  "../",
  "'",
  "--",
];

const paths = [
  "/api/v1/events",
  "/api/v1/events",
  "/api/v1/events",
  "/api/v1/events/",
  "/api/v1/receipts/",
  "/api/v1/metrics/events",
  "/api/v1/ledger",
  "/api/health/live",
  "/api/health/ready",
  "/api/v1/nothing",
  "/",
  "/API/V1/Events",
];
const parameters = [
  "event_id",
  "__proto__",
  "from",
  "to",
  "limit",
  "cursor",
  "event_type",
  "user_id",
  "schema_version",
  "interval",
  "code",
  "",
];
const values = [
  ...parameterValues,
  "1",
  "0",
  "-1",
  "1000",
  "1e3",
  "NaN",
  "2026-11-22T10:00:00Z",
  "1000-01-01T00:00:00Z",
  "hour",
  "day",
  "",
  "%",
  "%zz",
  "%00",
  "語",
];
const encodings = ["", "identity", "gzip", "deflate", "br", "zstd", "GZIP", "x-gzip", "gzip, br", "compress", "\u00ff"];

/** Makes a request: from the corpus or anew, and then damaged in some places. */
export function makeRequest(random: Random, known: Known, corpus: readonly FuzzRequest[]): FuzzRequest {
  const base = corpus.length > 0 && random.chance(0.4) ? random.pick(corpus) : makeFresh(random, known);
  const body = random.chance(0.7) ? damage(random, base.body) : base.body;
  const headers = { ...base.headers, ...makeHeaders(random, known, body) };
  if (base.method !== "POST") return { ...base, headers, body: Buffer.alloc(0) };
  return { ...base, headers, body: random.chance(0.05) ? packUnusually(random, body) : pack(random, body, headers) };
}

function makeFresh(random: Random, known: Known): FuzzRequest {
  const method = random.chance(0.75)
    ? "POST"
    : random.pick(["GET", "GET", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"]);
  const path = method === "POST" && random.chance(0.95) ? "/api/v1/events" : makePath(random, known);
  return { method, path, headers: {}, body: Buffer.from(random.pick(random.chance(0.02) ? bulkyEvents : events)) };
}

function makePath(random: Random, known: Known): string {
  const path = random.pick(paths);
  const id = path.endsWith("/") && path !== "/" ? encodeURI(mangle(random, known)).replaceAll("#", "%23") : "";
  const query = Array.from({ length: random.below(4) }, () => {
    const value = random.chance(0.4)
      ? encodeURIComponent(mangle(random, known).toWellFormed())
      : encodeURI(random.pick(values)).replaceAll("%25", "%");
    return `${random.pick(parameters)}=${value}`;
  });
  return `${path}${id}${query.length > 0 ? `?${query.join("&")}` : ""}`;
}

/** An id that the product gave out, whole or damaged, or a piece of something. */
function mangle(random: Random, known: Known): string {
  const id = known.ids.length > 0 && random.chance(0.6) ? random.pick(known.ids) : random.pick(tokens);
  if (random.chance(0.5)) return id.toWellFormed();
  const at = random.below(id.length + 1);
  return `${id.slice(0, at)}${random.pick(tokens)}${id.slice(at + random.below(3))}`.toWellFormed();
}

function makeHeaders(random: Random, known: Known, body: Buffer): Record<string, string> {
  const headers: Record<string, string> = {};
  const key = random.chance(0.03) ? known.key.slice(0, random.below(known.key.length)) : known.key;
  if (!random.chance(0.02)) headers.authorization = random.chance(0.02) ? `${key}, Bearer ${key}` : `Bearer ${key}`;
  if (random.chance(0.3)) headers["content-encoding"] = random.pick(encodings);
  if (random.chance(0.3))
    headers["content-type"] = random.pick([
      "application/json",
      "text/plain",
      "application/x-ndjson",
      "multipart/form-data",
      "\u00e9",
    ]);
  if (random.chance(0.05))
    headers[random.pick(["x-org-id", "x-ms-client-principal", "x-forwarded-for", "cookie", "expect", "range"])] =
      random.pick(["", "x", "100-continue", String(body.length)]);
  return headers;
}

function damage(random: Random, body: Buffer): Buffer {
  let damaged = body.subarray(0, 200_000);
  for (let rounds = 1 + random.below(4); rounds > 0; rounds--) damaged = damageOnce(random, damaged);
  return damaged;
}

function damageOnce(random: Random, body: Buffer): Buffer {
  const at = random.below(body.length + 1);
  const until = Math.min(body.length, at + random.below(20));
  const [before, after] = [body.subarray(0, at), body.subarray(until)];
  switch (random.below(6)) {
    case 0:
      return Buffer.concat([before, Buffer.from(random.pick(tokens)), body.subarray(at)]);
    case 1:
      return Buffer.concat([before, after]);
    case 2:
      return Buffer.concat([before, Buffer.from([random.below(256), random.below(256)]), after]);
    case 3:
      return Buffer.concat([body, random.chance(0.5) ? Buffer.from("\n") : Buffer.alloc(0), body.subarray(at)]);
    case 4: {
      const piece = body.subarray(at, until);
      return Buffer.concat([
        before,
        ...Array.from({ length: random.below(random.chance(0.01) ? 5_000 : 20) }, () => piece),
        body.subarray(at),
      ]);
    }
    default:
      return Buffer.concat([Buffer.from(random.pick(events)), Buffer.from("\n"), body]);
  }
}

/** Compresses as the header says, or in another way, or cuts the result off. */
function pack(random: Random, body: Buffer, headers: Readonly<Record<string, string>>): Buffer {
  const wanted = random.chance(0.9) ? (headers["content-encoding"] ?? "") : random.pick(encodings);
  const packed = packAs(wanted.toLowerCase(), body);
  return random.chance(0.05) ? packed.subarray(0, random.below(packed.length + 1)) : packed;
}

function packAs(encoding: string, body: Buffer): Buffer {
  switch (encoding) {
    case "gzip":
    case "x-gzip":
      return zlib.gzipSync(body, { level: 1 });
    case "deflate":
      return zlib.deflateSync(body, { level: 1 });
    case "br":
      return zlib.brotliCompressSync(body, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } });
    case "zstd":
      return zlib.zstdCompressSync(body);
    default:
      return body;
  }
}

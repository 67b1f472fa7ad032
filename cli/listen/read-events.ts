import {
  brotliDecompressSync,
  gunzipSync,
  inflateSync,
  type ZlibOptions,
  type ZstdOptions,
  zstdDecompressSync,
} from "node:zlib";
import type { Exchange } from "./exchange.ts";

/** What is shown of an event: what its dialect calls its type and its id. */
export interface ShownEvent {
  readonly type: string;
  readonly id?: string;
}

/** The events of a body, in their order; a text says why there are none to show. */
export type ReadEvents = readonly ShownEvent[] | string;

/** What posts a question, and no events. */
const ASKS = /^\/(?:flags|decide)\b/;

type Json = Readonly<Record<string, unknown>>;

const MOST_UNPACKED = 64 * 1024 * 1024;
const bounded = { maxOutputLength: MOST_UNPACKED } satisfies ZlibOptions & ZstdOptions;
const unpackers: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gunzipSync(bytes, bounded),
  deflate: (bytes) => inflateSync(bytes, bounded),
  br: (bytes) => brotliDecompressSync(bytes, bounded),
  zstd: (bytes) => zstdDecompressSync(bytes, bounded),
};

/** Unpacks by `encoding`, or by what the bytes begin with: several SDKs do not say that they pack. */
export function unpack(bytes: Buffer, encoding: string | undefined): Buffer {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const unpacker = unpackers[isGzip ? "gzip" : (encoding ?? "").trim().toLowerCase()];
  return unpacker ? unpacker(bytes) : bytes;
}

/**
 * The events of a request in whichever dialect, by where the dialects have them. It is for people who look, and judges
 * nothing.
 */
export function readEvents({ path, headers, body }: Pick<Exchange, "path" | "headers" | "body">): ReadEvents {
  if (body.bytes.length === 0 || ASKS.test(path)) return [];
  if (!body.whole) return "a body too large to be shown";
  const text = readText({ headers, body });
  if (text === undefined) return `${body.bytes.length} bytes that cannot be unpacked`;
  return readLines(text) ?? `${Buffer.byteLength(text)} bytes that are not JSON`;
}

/** A body as text, unpacked, and without the form around it. Undefined where it cannot be unpacked. */
export function readText({ headers, body }: Pick<Exchange, "headers" | "body">): string | undefined {
  try {
    return fromForm(unpack(body.bytes, headers["content-encoding"]).toString("utf8"));
  } catch {
    return undefined;
  }
}

/** Older SDKs send a form: `data=` with base64, or with what is encoded as in an address. */
function fromForm(text: string): string {
  if (!/^(?:[\w-]+=[^&]*&)*data=/.test(text)) return text;
  const data = new URLSearchParams(text).get("data") ?? "";
  return /^[A-Za-z0-9+/\s]+=*$/.test(data) ? Buffer.from(data, "base64").toString("utf8") : data;
}

function readLines(text: string): readonly ShownEvent[] | undefined {
  const value = parse(text);
  if (value !== undefined) return find(value).map(show);
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const values = lines.map(parse);
  return values.length > 1 && values.some((line) => line !== undefined) ? values.map(show) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function find(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (!isObject(value)) return [value];
  const list = value.events ?? value.batch;
  if (Array.isArray(list)) return list;
  return Array.isArray(value.resourceLogs) ? findRecords(value.resourceLogs) : [value];
}

/** `resourceLogs[].scopeLogs[].logRecords[]` of OpenTelemetry. */
function findRecords(resources: readonly unknown[]): unknown[] {
  const within = (value: unknown, member: string): unknown[] => {
    const list = isObject(value) ? value[member] : undefined;
    return Array.isArray(list) ? list : [];
  };
  return resources.flatMap((one) => within(one, "scopeLogs")).flatMap((scope) => within(scope, "logRecords"));
}

function show(event: unknown): ShownEvent {
  if (!isObject(event)) return { type: "(not an object)" };
  const type = firstText(event.event_type, event.event, event.eventName, event.type) ?? "(no type)";
  const id = firstText(event.event_id, event.messageId, event.uuid, event.id);
  return { type, ...(id !== undefined && { id }) };
}

function firstText(...values: readonly unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === "string" && value !== "");
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

import { promisify } from "node:util";
import zlib from "node:zlib";
import type { EventProblemCode } from "../errors.ts";
import { type AcceptedEvent, isJsonObject, type JsonObject } from "../event/event.ts";
import { parseJson } from "../runtime/parse-json.ts";
import { type Turns, takeTurns } from "../runtime/turn.ts";
import type { LegibleFields } from "./legible-fields.ts";
import { decodeRawBlock, encodeRawBlock } from "./raw-block.ts";

/**
 * A client's event that cannot be stored as it is, whole. `text`: as it was sent. `base64`: as it was sent, and not
 * UTF-8. `json`: as it was parsed, by a release up to 0.4.0 or for an event that was accepted and then refused.
 */
export type RawContent =
  | { readonly json: unknown }
  | { readonly text: string }
  | { readonly base64: string }
  | { readonly digest: Digest };

/** What is kept of bytes that an org's privacy rules cannot be held to. Releases up to 0.7.0 pass it on. */
export interface Digest {
  /** HMAC-SHA-256 by the org's hash key, behind the key's number. */
  readonly hash: string;
  readonly bytes: number;
}

/**
 * How an event is read again by itself: the dialect that its bytes are of, and what stood beside all events of its
 * request, as far as the dialect reads it. JSON.
 */
export interface Dialect {
  readonly name: string;
  /** Of a call whose path says it. */
  readonly type?: string;
  readonly context?: JsonObject;
  readonly beside?: JsonObject;
}

/** What an event in quarantine would have got of its request. Releases up to 0.7.0 wrote nothing of it. */
export interface OfRequest {
  /** The client's clock when it sent the request, in ms since 1970. */
  readonly sent_at?: number;
  readonly idempotency_key?: string;
  /** Not where it is our own form, and nothing stood beside it. */
  readonly dialect?: Dialect;
  /** It is kept after the org's privacy rules, in our own form, and not as it was sent. */
  readonly masked?: true;
}

/** The fields that could be read stand beside `raw`; a release up to 0.4.0 wrote none. */
export interface QuarantinedItem extends LegibleFields, OfRequest {
  readonly code: EventProblemCode;
  readonly path: string;
  readonly message: string;
  readonly raw: RawContent;
}

/**
 * What an envelope carries for each event of the request, by its index: `e`vent, `d`uplicate within the request,
 * `q`uarantined.
 */
export type EnvelopeItem =
  | { readonly e: AcceptedEvent }
  | { readonly d: { readonly event_id: string; readonly of: number } }
  | { readonly q: QuarantinedItem };

/** The JSON text of an `EnvelopeItem`; that of a large one in parts, each of whole characters. */
export type ItemText = string | readonly string[];

/** Level 1 is the best trade here: 100 events take 90 µs. */
const LEVEL = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } };
/** Above this the work goes to the thread pool; below it, handing it over costs more than the work. */
const SYNC_BYTES = 128 * 1024;
/**
 * Up to here content is not compressed. Event Hubs takes 1 MB or 1,000 messages a second for a throughput unit,
 * whichever comes first (https://learn.microsoft.com/azure/event-hubs/event-hubs-scalability): messages of up to 1 KB
 * are paid for by their number, and a head has some 150 bytes.
 */
const RAW_BYTES = 850;
/** Characters that are encoded between two looks whether a turn is over. */
const SLICE = 64 * 1024;
/** Far above what a request can hold, so that only a damaged or forged body meets it. */
const MAX_CONTENT_BYTES = 128 * 1024 * 1024;

const compress = promisify(zlib.zstdCompress) as (data: Buffer, options: zlib.ZstdOptions) => Promise<Buffer>;
const decompress = promisify(zlib.zstdDecompress) as (data: Buffer, options: zlib.ZstdOptions) => Promise<Buffer>;

/** Packs items. Others have their turns in between when there is much of them. */
export async function packContent(
  items: readonly ItemText[],
  turns = takeTurns(),
): Promise<{ readonly body: Buffer; readonly bytes: number }> {
  const json = areFew(items) ? Buffer.from(`[${items.join(",")}]`) : await encodeInTurns(items, turns);
  return { body: await compressJson(json), bytes: json.length };
}

function compressJson(json: Buffer): Buffer | Promise<Buffer> {
  if (json.length <= RAW_BYTES) return encodeRawBlock(json);
  return json.length <= SYNC_BYTES ? zlib.zstdCompressSync(json, LEVEL) : compress(json, LEVEL);
}

/** Whether the items are short texts, together too. */
function areFew(items: readonly ItemText[]): items is readonly string[] {
  let length = 0;
  for (const item of items) {
    if (typeof item !== "string") return false;
    length += item.length;
  }
  return length <= SYNC_BYTES;
}

async function encodeInTurns(items: readonly ItemText[], turns: Turns): Promise<Buffer> {
  const encoded: Buffer[] = [];
  let text = "[";
  for (const [index, item] of items.entries()) {
    if (index > 0) text += ",";
    for (const part of typeof item === "string" ? [item] : item) {
      text += part;
      if (text.length < SLICE) continue;
      encoded.push(Buffer.from(text));
      text = "";
      if (turns.isOver()) await turns.next();
    }
  }
  await turns.pause();
  return Buffer.concat([...encoded, Buffer.from(`${text}]`)]);
}

/** Whether every item is of a kind that this release knows. A newer one may have more. */
export function isKnownContent(items: readonly unknown[]): items is readonly EnvelopeItem[] {
  return items.every(
    (item) => isJsonObject(item) && (isJsonObject(item.e) || isJsonObject(item.d) || isJsonObject(item.q)),
  );
}

/**
 * Not checked any further: see `isKnownContent`. Throws when the body is damaged. A damaged body stays damaged, so
 * trying again is in vain.
 */
export async function unpackContent(body: Buffer): Promise<unknown[]> {
  const json = decodeRawBlock(body) ?? (await decompressBody(body));
  const items = parseJson(json.toString());
  if (!Array.isArray(items)) throw new RangeError("the envelope's content is not a list");
  return items;
}

function decompressBody(body: Buffer): Buffer | Promise<Buffer> {
  const options = { maxOutputLength: MAX_CONTENT_BYTES };
  return body.length <= SYNC_BYTES / 8 ? zlib.zstdDecompressSync(body, options) : decompress(body, options);
}

import { AppError } from "../errors.ts";
import { bodyTooLarge, type Format, hasZlibHeader, startsAs, unpack } from "./unpack.ts";

/** As they are asked for. */
export const encodingNames = ["gzip", "deflate", "br", "zstd", "identity"] as const;

const encodings: Readonly<Record<string, (typeof encodingNames)[number]>> = {
  ...Object.fromEntries(encodingNames.map((name) => [name, name])),
  "": "identity",
  "x-gzip": "gzip",
};

/**
 * Unpacks a body as `Content-Encoding` says. Only where that fails do its bytes decide: a gzip or zstd body under
 * another name or none is unpacked, and one that a proxy unpacked already is taken as it is. Never makes more than
 * `maxBytes`. Throws AppError `unsupported_encoding`, `corrupt_body` or `body_too_large`.
 */
export async function unpackBody(body: Buffer, contentEncoding: string | null, maxBytes: number): Promise<Buffer> {
  const formats = formatsOf(body, contentEncoding);
  const plain = formats.length === 0 || looksLikeEvents(body);
  const faults: AppError[] = [];
  for (const format of formats) {
    const unpacked = await unpack(body, format, maxBytes).catch((error: AppError) => void faults.push(error));
    // Some plain texts are sound deflate data, by accident; what comes out is no text then.
    if (unpacked && (!plain || looksLikeEvents(unpacked))) return unpacked;
  }
  const [fault] = faults.toSorted((a, b) => b.status - a.status);
  if (fault && !plain) throw fault;
  if (body.length > maxBytes) throw bodyTooLarge(maxBytes);
  return body;
}

/** Whether a body is compressed, by its header or its first bytes. */
export function isPacked(body: Buffer, contentEncoding: string | null): boolean {
  return startsAs(body) !== undefined || (contentEncoding ?? "identity").trim().toLowerCase() !== "identity";
}

/** What a body may be, in the order in which it is tried; nothing for a plain one. */
function formatsOf(body: Buffer, contentEncoding: string | null): readonly Format[] {
  const named = encodings[(contentEncoding ?? "").trim().toLowerCase()];
  if (named === undefined) {
    throw new AppError(
      "unsupported_encoding",
      `Content-Encoding is ${JSON.stringify(contentEncoding)}; expected gzip, deflate, br, zstd or identity`,
    );
  }
  const sniffed = startsAs(body);
  const others = sniffed === undefined || sniffed === named ? [] : [sniffed];
  if (named === "identity") return others;
  // The "deflate" of some clients has no header (RFC 9110, section 8.4.1.2).
  if (named === "deflate")
    return [...(hasZlibHeader(body) ? (["zlib", "raw"] as const) : (["raw"] as const)), ...others];
  return [named, ...others];
}

const LOOKED_AT = 256;

/**
 * JSON of an object or an array, or lines of it, as far as its beginning tells: no compressed data is text for long.
 */
function looksLikeEvents(bytes: Buffer): boolean {
  const start = bytes.subarray(0, LOOKED_AT);
  return /^(\u00ef\u00bb\u00bf)?[ \t\r\n]*[[{]/.test(start.toString("latin1")) && start.every(isOfText);
}

/** Not a control character, but for those that JSON takes for space. */
function isOfText(byte: number): boolean {
  return byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

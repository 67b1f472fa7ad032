import { promisify } from "node:util";
import zlib from "node:zlib";
import { AppError } from "../errors.ts";

type Encoding = "gzip" | "deflate" | "br" | "zstd";

/** With `info`, zlib also hands out its engine, whose `bytesWritten` says how much of the input it consumed. */
interface Unpacked {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}
type Unpack = (body: Buffer, options: { maxOutputLength: number; info: true }) => Promise<unknown>;

const unpackers: Record<Encoding, Unpack> = {
  gzip: promisify(zlib.gunzip),
  deflate: promisify(zlib.inflate),
  br: promisify(zlib.brotliDecompress),
  zstd: promisify(zlib.zstdDecompress),
};
const inflateRaw: Unpack = promisify(zlib.inflateRaw);

const encodings: Readonly<Record<string, Encoding | "identity">> = {
  "": "identity",
  identity: "identity",
  gzip: "gzip",
  "x-gzip": "gzip",
  deflate: "deflate",
  br: "br",
  zstd: "zstd",
};

/**
 * Unpacks a body by `Content-Encoding`, or by its first bytes where they say more: a gzip or zstd body without the
 * header is unpacked, and one that a proxy unpacked already is taken as it is. Never makes more than `maxBytes`. Throws
 * AppError `unsupported_encoding`, `corrupt_body` or `body_too_large`.
 */
export async function unpackBody(body: Buffer, contentEncoding: string | null, maxBytes: number): Promise<Buffer> {
  const named = encodings[(contentEncoding ?? "").trim().toLowerCase()];
  if (named === undefined) {
    throw new AppError(
      "unsupported_encoding",
      `Content-Encoding is ${JSON.stringify(contentEncoding)}; expected gzip, deflate, br, zstd or identity`,
    );
  }
  const encoding = sniff(body) ?? named;
  if (encoding === "identity" || (encoding !== "br" && encoding !== "deflate" && !sniff(body))) {
    return withinLimit(body, maxBytes);
  }
  if (encoding === "deflate" && looksLikeJson(body)) return withinLimit(body, maxBytes);
  const parts: Buffer[] = [];
  let rest = body;
  let room = maxBytes;
  do {
    const { buffer, consumed } = await unpackOnce(rest, encoding, room, maxBytes);
    parts.push(buffer);
    room -= buffer.length;
    rest = rest.subarray(consumed);
    // zlib stops at the end of the first zstd frame; a body may have several (RFC 8878, section 3).
  } while (encoding === "zstd" && rest.length > 0 && sniff(rest) === "zstd");
  if (rest.length > 0)
    throw new AppError("corrupt_body", `${rest.length} bytes follow the end of the ${encoding} data`);
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
}

/** Whether a body is compressed, by its header or its first bytes. */
export function isPacked(body: Buffer, contentEncoding: string | null): boolean {
  return sniff(body) !== undefined || (contentEncoding ?? "identity").trim().toLowerCase() !== "identity";
}

function sniff(body: Buffer): "gzip" | "zstd" | undefined {
  if (body[0] === 0x1f && body[1] === 0x8b) return "gzip";
  return body.length >= 4 && body.readUInt32LE(0) === 0xfd2fb528 ? "zstd" : undefined;
}

function looksLikeJson(body: Buffer): boolean {
  return body[0] === 0x7b || body[0] === 0x5b;
}

function withinLimit(body: Buffer, maxBytes: number): Buffer {
  if (body.length > maxBytes) throw tooLarge(maxBytes);
  return body;
}

function tooLarge(maxBytes: number): AppError {
  return new AppError("body_too_large", `the body is larger than ${maxBytes} bytes when unpacked`, {
    members: { limit: maxBytes },
  });
}

async function unpackOnce(
  body: Buffer,
  encoding: Encoding,
  room: number,
  maxBytes: number,
): Promise<{ buffer: Buffer; consumed: number }> {
  // The low nibble of a zlib header is 8. The "deflate" of some clients has no header (RFC 9110, section 8.4.1.2).
  const raw = encoding === "deflate" && ((body[0] ?? 0) & 0x0f) !== 8;
  try {
    const unpacked = await (raw ? inflateRaw : unpackers[encoding])(body, {
      maxOutputLength: Math.max(room, 1),
      info: true,
    });
    const { buffer, engine } = unpacked as Unpacked;
    if (buffer.length > room) throw tooLarge(maxBytes);
    return { buffer, consumed: engine.bytesWritten };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    if (cause instanceof RangeError && (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw tooLarge(maxBytes);
    throw new AppError("corrupt_body", `the body is not complete, sound ${encoding} data`, { cause });
  }
}

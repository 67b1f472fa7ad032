import { promisify } from "node:util";
import zlib from "node:zlib";
import { AppError } from "../errors.ts";

/** `zlib` and `raw` are deflate with and without its header. */
export type Format = "gzip" | "zlib" | "raw" | "br" | "zstd";

/** With `info`, zlib also hands out its engine, whose `bytesWritten` says how much of the input it consumed. */
interface Unpacked {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}
type Unpack = (body: Buffer, options: { maxOutputLength: number; info: true }) => Promise<unknown>;

const unpackers: Record<Format, Unpack> = {
  gzip: promisify(zlib.gunzip),
  zlib: promisify(zlib.inflate),
  raw: promisify(zlib.inflateRaw),
  br: promisify(zlib.brotliDecompress),
  zstd: promisify(zlib.zstdDecompress),
};

/** Each is a call of its own, also when it is empty: a body of 4 MiB could have 500,000. */
const MAX_FRAMES = 1_000;

/** Unpacks all of a body. Throws AppError `corrupt_body`, or `body_too_large` before there is more than `maxBytes`. */
export async function unpack(body: Buffer, format: Format, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let rest = body;
  let room = maxBytes;
  do {
    const { buffer, consumed } = await unpackOnce(rest, format, room, maxBytes);
    parts.push(buffer);
    room -= buffer.length;
    rest = rest.subarray(consumed);
    // zlib stops at the end of the first zstd frame; a body may have several (RFC 8878, section 3).
  } while (format === "zstd" && isZstdFrame(rest) && parts.length < MAX_FRAMES);
  if (rest.length > 0) throw corrupt(format, `${rest.length} bytes follow the end of the data`);
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
}

/** What a body's first bytes say that it is. */
export function startsAs(body: Buffer): "gzip" | "zstd" | undefined {
  if (body[0] === 0x1f && body[1] === 0x8b) return "gzip";
  return isZstdFrame(body) ? "zstd" : undefined;
}

/** A frame of data, or one that is skipped and may have anything. */
function isZstdFrame(bytes: Buffer): boolean {
  const magic = bytes.length >= 4 ? bytes.readUInt32LE(0) : 0;
  return magic === 0xfd2fb528 || (magic >= 0x184d2a50 && magic <= 0x184d2a5f);
}

/** RFC 1950, section 2.2: method 8, and the first two bytes as a number are a multiple of 31. */
export function hasZlibHeader(body: Buffer): boolean {
  return body.length >= 2 && ((body[0] ?? 0) & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}

export function bodyTooLarge(maxBytes: number): AppError {
  return new AppError("body_too_large", `the body is larger than ${maxBytes} bytes when unpacked`, {
    members: { limit: maxBytes },
  });
}

function corrupt(format: Format, what: string, cause?: unknown): AppError {
  const name = format === "zlib" || format === "raw" ? "deflate" : format;
  return new AppError("corrupt_body", `the body is not complete, sound ${name} data: ${what}`, { cause });
}

async function unpackOnce(
  body: Buffer,
  format: Format,
  room: number,
  maxBytes: number,
): Promise<{ buffer: Buffer; consumed: number }> {
  try {
    const unpacked = await unpackers[format](body, { maxOutputLength: Math.max(room, 1), info: true });
    const { buffer, engine } = unpacked as Unpacked;
    if (buffer.length > room) throw bodyTooLarge(maxBytes);
    return { buffer, consumed: engine.bytesWritten };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    if (cause instanceof RangeError && (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw bodyTooLarge(maxBytes);
    throw corrupt(format, "it does not unpack", cause);
  }
}

/**
 * Walks AMQP 1.0 encoded bytes without decoding them, so that a client's message can be stored and handed on byte by
 * byte. Encoding: http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-types-v1.0-os.html#section-encodings
 */

/** The bytes are not an AMQP message; becomes `amqp:decode-error`. */
export class MalformedMessage extends Error {}

/** One section of a message: `start` is its first byte, `value` the first byte after its descriptor. */
interface Section {
  readonly code: number;
  readonly start: number;
  readonly value: number;
  readonly end: number;
}

/** An entry of a map, as offsets: the key's text, where its value begins, where the entry ends. */
interface MapEntry {
  readonly key: string | undefined;
  readonly start: number;
  readonly value: number;
  readonly end: number;
}

export const SECTION = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
  sequence: 0x76,
  value: 0x77,
  footer: 0x78,
} as const;

// By the high nibble of the type code: bytes of a fixed value (0 to 16), or bytes of the length that precedes the
// value.
const FIXED: Readonly<Record<number, number>> = { 4: 0, 5: 1, 6: 2, 7: 4, 8: 8, 9: 16 };
const PREFIXED: Readonly<Record<number, 1 | 4>> = { 10: 1, 11: 4, 12: 1, 13: 4, 14: 1, 15: 4 };
const MAX_DESCRIPTORS = 16;

/** The offset after the value at `offset`. */
function skipValue(bytes: Buffer, offset: number, depth = 0): number {
  const code = byteAt(bytes, offset);
  if (code === 0) {
    if (depth > MAX_DESCRIPTORS) throw new MalformedMessage("descriptors are nested too deeply");
    return skipValue(bytes, skipValue(bytes, offset + 1, depth + 1), depth + 1);
  }
  const fixed = FIXED[code >>> 4];
  if (fixed !== undefined) return within(bytes, offset + 1 + fixed);
  const prefix = PREFIXED[code >>> 4];
  if (prefix === undefined) throw new MalformedMessage(`unknown type code 0x${code.toString(16)}`);
  return within(bytes, offset + 1 + prefix + readLength(bytes, offset + 1, prefix));
}

/** The sections of a message in their order. */
export function listSections(bytes: Buffer): Section[] {
  const sections: Section[] = [];
  let start = 0;
  while (start < bytes.length) {
    if (byteAt(bytes, start) !== 0) throw new MalformedMessage("a section has no descriptor");
    const value = skipValue(bytes, start + 1);
    const end = skipValue(bytes, value);
    sections.push({ code: readDescriptor(bytes, start + 1), start, value, end });
    start = end;
  }
  return sections;
}

/** The entries of the map whose encoding begins at `offset`. */
export function listMapEntries(bytes: Buffer, offset: number): MapEntry[] {
  const code = byteAt(bytes, offset);
  if (code === 0x40) return [];
  if (code !== 0xc1 && code !== 0xd1) throw new MalformedMessage("expected a map");
  const width = code === 0xc1 ? 1 : 4;
  let start = offset + 1 + 2 * width;
  const pairs = readLength(bytes, offset + 1 + width, width) / 2;
  const entries: MapEntry[] = [];
  for (let i = 0; i < pairs; i++) {
    const value = skipValue(bytes, start);
    const end = skipValue(bytes, value);
    entries.push({ key: readText(bytes, start), start, value, end });
    start = end;
  }
  return entries;
}

/** The content of the binary at `offset`, not copied. */
export function readBinary(bytes: Buffer, offset: number): Buffer {
  const code = byteAt(bytes, offset);
  if (code !== 0xa0 && code !== 0xb0) throw new MalformedMessage("expected a binary");
  return contentOf(bytes, offset, code === 0xa0 ? 1 : 4);
}

/** The string or symbol at `offset`, undefined when it is of another type. */
export function readText(bytes: Buffer, offset: number): string | undefined {
  const code = byteAt(bytes, offset);
  if (code === 0xa1 || code === 0xa3) return contentOf(bytes, offset, 1).toString("utf8");
  if (code === 0xb1 || code === 0xb3) return contentOf(bytes, offset, 4).toString("utf8");
  return undefined;
}

function contentOf(bytes: Buffer, offset: number, width: 1 | 4): Buffer {
  const start = offset + 1 + width;
  return bytes.subarray(start, within(bytes, start + readLength(bytes, offset + 1, width)));
}

function readDescriptor(bytes: Buffer, offset: number): number {
  const code = byteAt(bytes, offset);
  if (code === 0x53) return byteAt(bytes, offset + 1);
  if (code === 0x80) return bytes.readUInt32BE(offset + 5);
  throw new MalformedMessage("a section is not described by a number");
}

function readLength(bytes: Buffer, offset: number, width: 1 | 4): number {
  within(bytes, offset + width);
  return width === 1 ? bytes.readUInt8(offset) : bytes.readUInt32BE(offset);
}

function byteAt(bytes: Buffer, offset: number): number {
  const byte = bytes[offset];
  if (byte === undefined) throw new MalformedMessage("the message ends too early");
  return byte;
}

function within(bytes: Buffer, end: number): number {
  if (end > bytes.length) throw new MalformedMessage("the message ends too early");
  return end;
}

/**
 * A zstd frame of one block that is not compressed (RFC 8878, sections 3.1.1.1 and 3.1.1.2): `magic 4 | descriptor 1 |
 * size of the content 1 or 2 | block header 3 | content`. Every decoder reads it. Made by hand, since a compressor's
 * memory alone costs ten times as much as all else that is done with so few bytes.
 */
const MAGIC = 0xfd2fb528;
/** One segment; the size of the content is in one byte, or in two and 256 less. */
const SHORT = 0x20;
const LONG = 0x60;
const LONG_FROM = 256;
const MAX_CONTENT = 0xffff + LONG_FROM;
/** The last block, of kind 0: as it is. */
const LAST_RAW = 1;
const DESCRIPTOR_AT = 4;
const SIZE_AT = 5;

/** Throws a RangeError for more than 65,791 bytes. */
export function encodeRawBlock(content: Buffer): Buffer {
  const { length } = content;
  if (length > MAX_CONTENT) throw new RangeError(`${length} bytes are too many for one block`);
  const isLong = length >= LONG_FROM;
  const frame = Buffer.allocUnsafe(headerBytes(isLong) + length);
  frame.writeUInt32LE(MAGIC);
  frame[DESCRIPTOR_AT] = isLong ? LONG : SHORT;
  if (isLong) frame.writeUInt16LE(length - LONG_FROM, SIZE_AT);
  else frame[SIZE_AT] = length;
  frame.writeUIntLE(blockHeader(length), headerBytes(isLong) - 3, 3);
  content.copy(frame, headerBytes(isLong));
  return frame;
}

/** The content of a frame as `encodeRawBlock` makes them; undefined for any other bytes. */
export function decodeRawBlock(frame: Buffer): Buffer | undefined {
  const descriptor = frame[DESCRIPTOR_AT];
  const isLong = descriptor === LONG;
  const start = headerBytes(isLong);
  if ((!isLong && descriptor !== SHORT) || frame.length < start || frame.readUInt32LE() !== MAGIC) return undefined;
  const length = isLong ? frame.readUInt16LE(SIZE_AT) + LONG_FROM : frame.readUInt8(SIZE_AT);
  if (frame.length !== start + length || frame.readUIntLE(start - 3, 3) !== blockHeader(length)) return undefined;
  return frame.subarray(start);
}

const headerBytes = (isLong: boolean): number => (isLong ? 10 : 9);
const blockHeader = (length: number): number => (length << 3) | LAST_RAW;

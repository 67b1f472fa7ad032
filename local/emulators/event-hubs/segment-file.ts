import { crc32 } from "node:zlib";
import type { LastEnqueued, StoredEvent } from "./log-store.ts";

/**
 * The format of a segment: a head that says what was enqueued before it, then one record per append. A record carries
 * its length and a checksum, so that one torn by a kill is seen and cut off as a whole: a batch is there or it is not.
 *
 *     head    "HREH0001"  f64 last sequence number before  f64 last offset before  f64 last time before
 *             f64 base offset
 *     record  u32 length of what follows the checksum  u32 CRC-32 of it
 *             f64 first sequence number  f64 enqueued at  u32 count  count x (u32 length, message)
 *
 * Numbers are little endian. The offset of an event is the segment's base offset plus its place in the file.
 */
export const HEAD_BYTES = 40;
const RECORD_PREFIX_BYTES = 8;
const RECORD_FIXED_BYTES = 20;
const MAGIC = "HREH0001";

export interface SegmentHead {
  readonly before: LastEnqueued;
  readonly baseOffset: number;
}

export function writeHead({ before, baseOffset }: SegmentHead): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES);
  bytes.write(MAGIC, "ascii");
  [before.sequenceNumber, before.offset, before.enqueuedAt, baseOffset].forEach((value, i) => {
    bytes.writeDoubleLE(value, 8 + 8 * i);
  });
  return bytes;
}

/** Undefined when the head is torn: then nothing was ever written behind it. */
export function readHead(bytes: Buffer): SegmentHead | undefined {
  if (bytes.length < HEAD_BYTES || bytes.toString("ascii", 0, 8) !== MAGIC) return undefined;
  const before = {
    sequenceNumber: bytes.readDoubleLE(8),
    offset: bytes.readDoubleLE(16),
    enqueuedAt: bytes.readDoubleLE(24),
  };
  return { before, baseOffset: bytes.readDoubleLE(32) };
}

export function writeRecord(messages: readonly Buffer[], sequenceNumber: number, enqueuedAt: number): Buffer {
  const size = messages.reduce((sum, message) => sum + 4 + message.length, RECORD_FIXED_BYTES);
  const record = Buffer.allocUnsafe(RECORD_PREFIX_BYTES + size);
  record.writeUInt32LE(size, 0);
  record.writeDoubleLE(sequenceNumber, 8);
  record.writeDoubleLE(enqueuedAt, 16);
  record.writeUInt32LE(messages.length, 24);
  let at = RECORD_PREFIX_BYTES + RECORD_FIXED_BYTES;
  for (const message of messages) {
    at = record.writeUInt32LE(message.length, at);
    at += message.copy(record, at);
  }
  record.writeUInt32LE(crc32(record.subarray(RECORD_PREFIX_BYTES)), 4);
  return record;
}

/** Bytes of the record at `at`, prefix included; undefined when even its prefix is not there. */
export function recordBytes(bytes: Buffer, at: number): number | undefined {
  if (at + RECORD_PREFIX_BYTES > bytes.length) return undefined;
  return RECORD_PREFIX_BYTES + bytes.readUInt32LE(at);
}

/** True when a whole record with the expected first sequence number is at `at`. */
export function isRecord(bytes: Buffer, at: number, sequenceNumber: number): boolean {
  const size = recordBytes(bytes, at);
  if (size === undefined || size < RECORD_PREFIX_BYTES + RECORD_FIXED_BYTES || at + size > bytes.length) return false;
  if (crc32(bytes.subarray(at + RECORD_PREFIX_BYTES, at + size)) !== bytes.readUInt32LE(at + 4)) return false;
  return bytes.readDoubleLE(at + 8) === sequenceNumber;
}

/** The events of the record at `at`; `offset` is the record's own in the partition. Messages are not copied. */
export function readRecord(bytes: Buffer, at: number, offset: number): StoredEvent[] {
  const sequenceNumber = bytes.readDoubleLE(at + 8);
  const enqueuedAt = bytes.readDoubleLE(at + 16);
  const count = bytes.readUInt32LE(at + 24);
  const events: StoredEvent[] = [];
  let place = at + RECORD_PREFIX_BYTES + RECORD_FIXED_BYTES;
  for (let i = 0; i < count; i++) {
    const end = place + 4 + bytes.readUInt32LE(place);
    const message = bytes.subarray(place + 4, end);
    events.push({ sequenceNumber: sequenceNumber + i, offset: offset + place - at, enqueuedAt, message });
    place = end;
  }
  return events;
}

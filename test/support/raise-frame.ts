import { crc32 } from "node:zlib";

const VERSION_AT = 3;
const CRC_AT = 4;
const CHECKED_AT = 8;

/** A frame as another release would have written it: with its version, and whole. What is behind it may be anything. */
export function raiseFrame(frame: Buffer, version: number): Buffer {
  const raised = Buffer.from(frame);
  raised[VERSION_AT] = version;
  raised.writeUInt32BE(crc32(raised.subarray(CHECKED_AT), crc32(raised.subarray(VERSION_AT, CRC_AT))), CRC_AT);
  return raised;
}

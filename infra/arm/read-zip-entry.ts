import { inflateRawSync } from "node:zlib";

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const DEFLATED = 8;
const MOST_BYTES = 1024 * 1024;

/**
 * One small file of a zip, by its whole name in it: the directory at the end says where it stands (PKWARE's APPNOTE,
 * 4.3). Undefined when there is none. Throws an Error when it is not a zip.
 */
export function readZipEntry(zip: Buffer, name: string): Buffer | undefined {
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  if (end < 0 || end + 22 > zip.length || zip.readUInt32LE(end) !== END) throw new Error("it is not a zip");
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    if (at + 46 > zip.length || zip.readUInt32LE(at) !== ENTRY) throw new Error("its directory is damaged");
    const length = zip.readUInt16LE(at + 28);
    if (zip.toString("utf8", at + 46, at + 46 + length) === name) return unpack(zip, at);
    at += 46 + length + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return undefined;
}

function unpack(zip: Buffer, entry: number): Buffer {
  const packed = zip.readUInt32LE(entry + 20);
  const local = zip.readUInt32LE(entry + 42);
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const bytes = zip.subarray(start, start + packed);
  return zip.readUInt16LE(entry + 10) === DEFLATED ? inflateRawSync(bytes, { maxOutputLength: MOST_BYTES }) : bytes;
}

import { Buffer } from "node:buffer";
import type { Waiting } from "../types.ts";

/** Of a reflected CRC-32, as in gzip. */
const table = Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

function checksum(bytes: Uint8Array): string {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, "0");
}

const LINE_FEED = 0x0a;
const HEAD = 9;

/** An event as a line: its checksum, a space, its JSON. JSON has no line feed. */
export function writeRecord({ json }: Waiting): string {
  return `${checksum(Buffer.from(json))} ${json}\n`;
}

export interface Records {
  readonly events: readonly { readonly event: Waiting; readonly end: number }[];
  /** Lines that are not as they were written. */
  readonly spoiled: number;
  /** Where the last whole line ends. */
  readonly end: number;
}

/** The whole lines of bytes that begin with a line. */
export function readRecords(bytes: Buffer): Records {
  const events: { event: Waiting; end: number }[] = [];
  let [start, spoiled] = [0, 0];
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, start)) {
    const event = readRecord(bytes.subarray(start, at));
    start = at + 1;
    if (event) events.push({ event, end: start });
    else spoiled++;
  }
  return { events, spoiled, end: start };
}

function readRecord(line: Buffer): Waiting | undefined {
  const body = line.subarray(HEAD);
  if (line.toString("latin1", 0, HEAD) !== `${checksum(body)} `) return undefined;
  try {
    const json = body.toString();
    return { id: String((JSON.parse(json) as { event_id: unknown }).event_id), json, bytes: body.length };
  } catch {
    return undefined;
  }
}

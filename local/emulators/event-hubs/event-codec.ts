import { listMapEntries, listSections, MalformedMessage, readBinary, readText, SECTION } from "./amqp-bytes.ts";
import type { LastEnqueued, StoredEvent } from "./log-store.ts";

/** Message format of an envelope whose data sections are encoded messages, as all Event Hubs SDKs send. */
export const BATCH_FORMAT = 0x80013700;

const PARTITION_KEY = "x-opt-partition-key";
const STAMPS: ReadonlySet<string | undefined> = new Set([
  "x-opt-sequence-number",
  "x-opt-offset",
  "x-opt-enqueued-time",
]);

/** The content of one transfer: the encoded events and the partition key that all of them share. */
export interface Publication {
  readonly events: readonly Buffer[];
  readonly partitionKey: string | undefined;
}

/** What a receiver that tracks the end of its partition is told with each event. */
interface Metrics extends LastEnqueued {
  readonly retrievedAt: number;
}

/**
 * Reads a transfer of either format. Throws MalformedMessage when the bytes, or those of an event in it, are not AMQP:
 * an event that cannot be handed on must not be taken.
 */
export function readPublication(message: Buffer, format: number): Publication {
  const sections = listSections(message);
  const partitionKey = readPartitionKey(message);
  if (format !== BATCH_FORMAT) return { events: [message], partitionKey };
  const events = sections.filter(({ code }) => code === SECTION.data).map(({ value }) => readBinary(message, value));
  if (events.length === 0) throw new MalformedMessage("the batch holds no event");
  const keys = events.map(readPartitionKey);
  return { events, partitionKey: partitionKey ?? keys[0] };
}

/**
 * The event as a receiver gets it: the bytes that were sent, with the hub's annotations in place of any that the sender
 * made up under the same names. Delivery annotations are hop by hop, so the sender's are dropped.
 */
export function writeDelivery(event: StoredEvent, metrics: Metrics | undefined): Buffer {
  const { message } = event;
  const head: Buffer[] = [];
  const kept: Buffer[] = [];
  const tail: Buffer[] = [];
  let pairs = 3;
  for (const section of listSections(message)) {
    if (section.code === SECTION.header) head.push(message.subarray(section.start, section.end));
    else if (section.code === SECTION.messageAnnotations) {
      for (const { key, start, end } of listMapEntries(message, section.value)) {
        if (STAMPS.has(key)) continue;
        kept.push(message.subarray(start, end));
        pairs++;
      }
    } else if (section.code !== SECTION.deliveryAnnotations) {
      tail.push(message.subarray(section.start, section.end));
    }
  }
  if (metrics) head.push(writeMetrics(metrics));
  const stamps = [
    pair("x-opt-sequence-number", long(event.sequenceNumber)),
    pair("x-opt-offset", text(String(event.offset))),
    pair("x-opt-enqueued-time", timestamp(event.enqueuedAt)),
  ];
  return Buffer.concat([...head, ...mapSection(SECTION.messageAnnotations, pairs, [...stamps, ...kept]), ...tail]);
}

function readPartitionKey(message: Buffer): string | undefined {
  for (const { code, value } of listSections(message)) {
    if (code !== SECTION.messageAnnotations) continue;
    const entry = listMapEntries(message, value).find(({ key }) => key === PARTITION_KEY);
    if (entry) return readText(message, entry.value);
  }
  return undefined;
}

function writeMetrics(metrics: Metrics): Buffer {
  const pairs = [
    pair("last_enqueued_sequence_number", long(metrics.sequenceNumber)),
    pair("last_enqueued_offset", text(String(metrics.offset))),
    pair("last_enqueued_time_utc", timestamp(metrics.enqueuedAt)),
    pair("runtime_info_retrieval_time_utc", timestamp(metrics.retrievedAt)),
  ];
  return Buffer.concat(mapSection(SECTION.deliveryAnnotations, pairs.length, pairs));
}

function mapSection(code: number, pairs: number, content: readonly Buffer[]): Buffer[] {
  const head = Buffer.alloc(12);
  head.set([0x00, 0x53, code, 0xd1]);
  head.writeUInt32BE(
    content.reduce((sum, part) => sum + part.length, 4),
    4,
  );
  head.writeUInt32BE(2 * pairs, 8);
  return [head, ...content];
}

function pair(key: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0xa3, key.length]), Buffer.from(key, "ascii"), value]);
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([0xa1, value.length]), Buffer.from(value, "ascii")]);
}

function long(value: number, code = 0x81): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = code;
  bytes.writeBigInt64BE(BigInt(value), 1);
  return bytes;
}

function timestamp(milliseconds: number): Buffer {
  return long(Math.round(milliseconds), 0x83);
}

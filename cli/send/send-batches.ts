import { promisify } from "node:util";
import { constants, gzip, zstdCompress } from "node:zlib";
import { type ApiOptions, callApi, type Problem } from "../call-api.ts";
import type { Batch } from "./collect-batches.ts";
import type { OutgoingEvent } from "./map-line.ts";
import type { ReceiptRef, Tally } from "./tally.ts";

export type Compression = "gzip" | "zstd" | "none";

export interface SendOptions {
  readonly api: ApiOptions;
  /** Requests under way at the same time. */
  readonly concurrency: number;
  readonly compression: Compression;
  /** The API key of an org as the lines name it; `""` without an org field. */
  readonly keyFor: (org: string) => Promise<string>;
  readonly tally: Tally;
  readonly onProgress?: () => void;
  /** Told of every 202, with the events of that request. */
  readonly onTaken?: (receipt: ReceiptRef, events: readonly OutgoingEvent[]) => void;
}

/** Sends batches from several senders at once; each takes the next one when its last is answered. */
export async function sendBatches(batches: AsyncIterable<Batch>, options: SendOptions): Promise<void> {
  const queue = batches[Symbol.asyncIterator]();
  const sender = async (): Promise<void> => {
    for (let next = await queue.next(); !next.done; next = await queue.next()) {
      await sendBatch(next.value, options);
    }
  };
  try {
    await Promise.all(Array.from({ length: options.concurrency }, sender));
  } finally {
    await queue.return?.(undefined);
  }
}

async function sendBatch(batch: Batch, options: SendOptions): Promise<void> {
  let apiKey: string;
  try {
    apiKey = await options.keyFor(batch.org);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return giveUp(batch, batch.events.length, { status: 0, code: "no_api_key", detail }, options);
  }
  await sendEvents(batch, batch.events, apiKey, options);
}

function giveUp(batch: Batch, events: number, problem: Problem, options: SendOptions): void {
  const counts = options.tally.of(batch.org);
  counts.sent += events;
  counts.failed += events;
  const where = `lines ${batch.firstLine}–${batch.lastLine}${batch.org === "" ? "" : ` (${batch.org})`}`;
  options.tally.failures.push({ where, events, problem });
  options.onProgress?.();
}

/** A batch that is too large as a body goes as two halves, down to single events. */
async function sendEvents(
  batch: Batch,
  events: readonly OutgoingEvent[],
  apiKey: string,
  options: SendOptions,
): Promise<void> {
  const { tally } = options;
  // Without `sent_at`: the clock of this machine says nothing of those that made the events.
  const body = Buffer.from(JSON.stringify({ events }));
  const { bytes, headers } = await compress(body, options.compression);
  const request = { method: "POST", path: "/api/v1/events", apiKey, body: bytes, headers } as const;
  const answer = await callApi(request, options.api);
  if (!answer.ok && answer.problem.status === 413 && events.length > 1) {
    const half = Math.ceil(events.length / 2);
    await sendEvents(batch, events.slice(0, half), apiKey, options);
    return sendEvents(batch, events.slice(half), apiKey, options);
  }
  if (!answer.ok) return giveUp(batch, events.length, answer.problem, options);
  const { accepted, duplicate, quarantined, receipt_id } = answer.body;
  const counts = tally.of(batch.org);
  counts.sent += events.length;
  counts.accepted += toCount(accepted);
  counts.pending += toCount(accepted);
  counts.duplicateAtOnce += toCount(duplicate);
  counts.quarantinedAtOnce += toCount(quarantined);
  const receipt = { org: batch.org, receiptId: String(receipt_id), accepted: toCount(accepted) };
  tally.receipts.push(receipt);
  options.onTaken?.(receipt, events);
  options.onProgress?.();
}

export function toCount(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : 0;
}

const gzipAsync = promisify(gzip);
const zstdAsync = promisify(zstdCompress);

async function compress(
  body: Buffer<ArrayBuffer>,
  compression: Compression,
): Promise<{ bytes: Buffer<ArrayBuffer>; headers: Record<string, string> }> {
  const headers = { "content-type": "application/json" };
  if (compression === "none") return { bytes: body, headers };
  const bytes =
    compression === "gzip"
      ? await gzipAsync(body)
      : await zstdAsync(body, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });
  return { bytes, headers: { ...headers, "content-encoding": compression } };
}

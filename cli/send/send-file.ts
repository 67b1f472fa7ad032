import type { Readable } from "node:stream";
import type { ApiOptions } from "../call-api.ts";
import { awaitReceipts } from "./await-receipts.ts";
import { collectBatches } from "./collect-batches.ts";
import { createLineMapper, type FieldMapping } from "./map-line.ts";
import { readAhead } from "./read-ahead.ts";
import { type Line, readLines } from "./read-lines.ts";
import { type Compression, sendBatches } from "./send-batches.ts";
import { createTally, type ReceiptRef, type Tally } from "./tally.ts";

export interface SendFileOptions {
  readonly source: Readable;
  /** With the line's number and text it makes the id of events that bring none. */
  readonly sourceName: string;
  readonly mapping: FieldMapping;
  readonly api: ApiOptions;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly compression: Compression;
  readonly keyFor: (org: string) => Promise<string>;
  /** Wait until every receipt is settled; `patienceMs` without any settling ends it. */
  readonly wait: boolean;
  readonly patienceMs: number;
  readonly onProgress?: (tally: Tally, phase: "sending" | "settling") => void;
  /** Told what may be wrong and does not stop it, before anything is sent. */
  readonly onWarning?: (text: string) => void;
}

export interface SendReport {
  readonly tally: Tally;
  /** Receipts that had not settled in time. */
  readonly unsettled: readonly ReceiptRef[];
  /** The signal ended it before it was done. */
  readonly stopped: boolean;
  /** Milliseconds for sending, and for waiting afterwards. */
  readonly sendingMs: number;
  readonly settlingMs: number;
}

/**
 * Sends a file of events and, if asked to, waits for the outcome of each. Failures are in the report, not thrown.
 * Throws a UsageError, before anything is sent, when no line has a field that is mapped.
 */
export async function sendFile(options: SendFileOptions): Promise<SendReport> {
  const tally = createTally();
  const { api, concurrency, keyFor, compression, patienceMs } = options;
  const fail = (where: string, code: string, detail: string): void => {
    tally.failures.push({ where, events: code === "unreadable_line" ? 1 : 0, problem: { status: 0, code, detail } });
  };
  const warn = options.onWarning ?? ((): void => undefined);
  const batches = collectBatches(readAhead(readUntilBroken(options, fail), options.mapping, warn), {
    size: options.batchSize,
    mapLine: createLineMapper(options.mapping, options.sourceName),
    onProblem: (line, detail) => fail(`line ${line}`, "unreadable_line", detail),
  });
  const showing = (phase: "sending" | "settling") => (): void => options.onProgress?.(tally, phase);
  const began = performance.now();
  let sent = began;
  let unsettled: readonly ReceiptRef[] = [];
  try {
    await sendBatches(batches, { api, concurrency, compression, keyFor, tally, onProgress: showing("sending") });
    sent = performance.now();
    if (options.wait) {
      unsettled = await awaitReceipts({ api, concurrency, keyFor, tally, patienceMs, onProgress: showing("settling") });
    }
  } catch (error) {
    if (!api.signal?.aborted) throw error;
    if (sent === began) sent = performance.now();
  }
  const stopped = api.signal?.aborted ?? false;
  return { tally, unsettled, stopped, sendingMs: sent - began, settlingMs: performance.now() - sent };
}

/**
 * A file that breaks off (truncated gzip, a disk error) is a failure in the report; the events read before are sent.
 */
async function* readUntilBroken(
  options: SendFileOptions,
  fail: (where: string, code: string, detail: string) => void,
): AsyncGenerator<Line> {
  try {
    yield* readLines(options.source);
  } catch (error) {
    fail(options.sourceName, "unreadable_file", error instanceof Error ? error.message : String(error));
  }
}

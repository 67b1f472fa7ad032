import type { Readable } from "node:stream";
import { awaitReceipts } from "./await-receipts.ts";
import type { ApiOptions } from "./call-api.ts";
import { collectBatches } from "./collect-batches.ts";
import { createLineMapper, type FieldMapping } from "./map-line.ts";
import { readLines } from "./read-lines.ts";
import { type Compression, sendBatches } from "./send-batches.ts";
import { createTally, type ReceiptRef, type Tally } from "./tally.ts";

export interface SendFileOptions {
  readonly source: Readable;
  /** With the line's number it makes the id of events that bring none. */
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
}

export interface SendReport {
  readonly tally: Tally;
  /** Receipts that had not settled in time. */
  readonly unsettled: readonly ReceiptRef[];
  /** Milliseconds for sending, and for waiting afterwards. */
  readonly sendingMs: number;
  readonly settlingMs: number;
}

/** Sends a file of events and, if asked to, waits for what becomes of each. What fails is in the report, not thrown. */
export async function sendFile(options: SendFileOptions): Promise<SendReport> {
  const tally = createTally();
  const { api, concurrency, keyFor } = options;
  const began = performance.now();
  const batches = collectBatches(readLines(options.source), {
    size: options.batchSize,
    mapLine: createLineMapper(options.mapping, options.sourceName),
    onProblem: (line, detail) => {
      const problem = { status: 0, code: "unreadable_line", detail };
      tally.failures.push({ where: `line ${line}`, events: 1, problem });
    },
  });
  const onProgress = (phase: "sending" | "settling") => (): void => options.onProgress?.(tally, phase);
  const { compression } = options;
  await sendBatches(batches, { api, concurrency, compression, keyFor, tally, onProgress: onProgress("sending") });
  const sent = performance.now();
  const unsettled = options.wait
    ? await awaitReceipts({
        api,
        concurrency,
        keyFor,
        tally,
        patienceMs: options.patienceMs,
        onProgress: onProgress("settling"),
      })
    : [];
  return { tally, unsettled, sendingMs: sent - began, settlingMs: performance.now() - sent };
}

import { closeSync, mkdirSync, openSync, readdirSync } from "node:fs";
import type { LastEnqueued, LogReader, PartitionLog, StartPosition } from "./log-store.ts";
import { NOTHING_ENQUEUED } from "./log-store.ts";
import {
  createSegment,
  deleteSegment,
  openSegments,
  recoverSegment,
  type Segment,
  type WriteBytes,
  writeRecords,
} from "./segment.ts";
import { writeRecord } from "./segment-file.ts";
import { createSegmentReader } from "./segment-reader.ts";
import { createTailCache } from "./tail-cache.ts";

interface SegmentLogOptions {
  readonly folder: string;
  readonly retentionMs: number;
  readonly now: () => number;
  /** A segment is closed once it is larger; events expire by the segment. */
  readonly segmentBytes?: number;
  /** How much of the end is kept in memory, so that readers which keep up do not read the disk. */
  readonly tailBytes?: number;
  /** How records are written to a file; default writevSync. */
  readonly write?: WriteBytes | undefined;
}

interface PendingAppend {
  readonly messages: readonly Buffer[];
  readonly resolve: (last: LastEnqueued) => void;
  readonly reject: (error: unknown) => void;
}

const MIB = 1024 * 1024;

/**
 * A partition in append-only files. An append is acknowledged once the operating system has it: the end of the process
 * loses nothing, the end of the machine may.
 */
export function openSegmentLog(options: SegmentLogOptions): PartitionLog {
  const { folder, now, retentionMs, segmentBytes = 8 * MIB, tailBytes = MIB } = options;
  mkdirSync(folder, { recursive: true });
  const segments = openSegments(folder, readdirSync(folder));
  if (segments.length === 0) segments.push(createSegment(folder, { before: NOTHING_ENQUEUED, baseOffset: 0 }));
  const tail = createTailCache(tailBytes);
  const listeners = new Set<() => void>();
  let active = newest(segments);
  let last = recoverSegment(active);
  let file = openSync(active.path, "r+");
  let pending: PendingAppend[] = [];
  let isClosed = false;

  function roll(): void {
    const next = createSegment(folder, { before: last, baseOffset: active.baseOffset + active.size });
    const nextFile = openSync(next.path, "r+");
    closeSync(file);
    file = nextFile;
    active = next;
    segments.push(next);
  }

  function expire(): void {
    const limit = now() - retentionMs;
    const isNonEmpty = last.sequenceNumber > active.before.sequenceNumber;
    if (isNonEmpty && last.enqueuedAt < limit) roll();
    for (let next = segments[1]; next && next.before.enqueuedAt < limit; next = segments[1]) {
      const oldest = segments.shift();
      if (oldest) deleteSegment(oldest);
    }
  }

  function write(appends: readonly PendingAppend[]): LastEnqueued[] {
    if (active.size > segmentBytes) {
      roll();
      expire();
    }
    const enqueuedAt = Math.max(now(), last.enqueuedAt);
    const ends: LastEnqueued[] = [];
    const records: { at: number; bytes: Buffer }[] = [];
    let end = last.sequenceNumber;
    let at = active.size;
    for (const { messages } of appends) {
      const bytes = writeRecord(messages, end + 1, enqueuedAt);
      records.push({ at, bytes });
      at += bytes.length;
      end += messages.length;
      const offset = active.baseOffset + at - (messages.at(-1)?.length ?? 0) - 4;
      ends.push({ sequenceNumber: end, offset, enqueuedAt });
    }
    writeRecords(
      file,
      active,
      records.map(({ bytes }) => bytes),
      options.write,
    );
    for (const record of records) tail.add(active, record.at, record.bytes);
    last = ends.at(-1) ?? last;
    return ends;
  }

  function flush(): void {
    const appends = pending;
    pending = [];
    if (appends.length === 0) return;
    try {
      const ends = write(appends);
      appends.forEach(({ resolve }, i) => {
        resolve(ends[i] ?? last);
      });
    } catch (error) {
      for (const { reject } of appends) reject(error);
      return;
    }
    for (const listener of listeners) listener();
  }

  return {
    append: (messages) =>
      new Promise((resolve, reject) => {
        if (isClosed) throw new Error("the log is closed");
        // Appends of the same turn of the event loop share one write.
        if (pending.push({ messages, resolve, reject }) === 1) setImmediate(flush);
      }),
    openReader: (start: StartPosition): LogReader => {
      expire();
      const end = { by: "sequenceNumber", value: last.sequenceNumber, inclusive: false } as const;
      return createSegmentReader({ segments, tail }, start.by === "latest" ? end : start);
    },
    onAppend: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    lastEnqueued: () => last,
    firstSequenceNumber: () => (segments[0] ?? active).before.sequenceNumber + 1,
    expire,
    close: () => {
      isClosed = true;
      flush();
      closeSync(file);
    },
  };
}

function newest(segments: readonly Segment[]): Segment {
  const segment = segments.at(-1);
  if (!segment) throw new Error("a partition has at least one segment");
  return segment;
}

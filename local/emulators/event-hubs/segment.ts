import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeSync,
  writevSync,
} from "node:fs";
import { join } from "node:path";
import type { LastEnqueued } from "./log-store.ts";
import {
  HEAD_BYTES,
  isRecord,
  readHead,
  readRecord,
  recordBytes,
  type SegmentHead,
  writeHead,
} from "./segment-file.ts";

const SUFFIX = ".log";

/** One file of a partition. Only the newest is written to; `size` is what readers may read. */
export interface Segment extends SegmentHead {
  readonly path: string;
  size: number;
  /** Expired: its file is gone, readers go on with the next one. */
  deleted: boolean;
}

/** Writes at a position and gives the number of bytes written, like writevSync. */
export type WriteBytes = (file: number, records: readonly Buffer[], position: number) => number;

/** Creates the file for the events that come after `before`. */
export function createSegment(folder: string, head: SegmentHead): Segment {
  const path = join(folder, `${String(head.before.sequenceNumber + 1).padStart(16, "0")}${SUFFIX}`);
  const file = openSync(path, "w");
  try {
    writeSync(file, writeHead(head));
  } finally {
    closeSync(file);
  }
  return { ...head, path, size: HEAD_BYTES, deleted: false };
}

/** The segments among the names of a partition's folder, oldest first; one whose head was torn is removed. */
export function openSegments(folder: string, names: readonly string[]): Segment[] {
  const paths = names.filter((name) => name.endsWith(SUFFIX)).sort();
  return paths.flatMap((name) => {
    const path = join(folder, name);
    const head = readHead(readAt(path, 0, HEAD_BYTES));
    if (head) return [{ ...head, path, size: statSync(path).size, deleted: false }];
    unlinkSync(path);
    return [];
  });
}

/** Cuts off a record that a kill left half written, and gives the newest event of the segment. */
export function recoverSegment(segment: Segment): LastEnqueued {
  const bytes = readFileSync(segment.path);
  let last = segment.before;
  let at = HEAD_BYTES;
  while (isRecord(bytes, at, last.sequenceNumber + 1)) {
    const newest = readRecord(bytes, at, segment.baseOffset + at).at(-1);
    if (!newest) break;
    last = { sequenceNumber: newest.sequenceNumber, offset: newest.offset, enqueuedAt: newest.enqueuedAt };
    at += recordBytes(bytes, at) ?? 0;
  }
  if (at < bytes.length) truncateSync(segment.path, at);
  segment.size = at;
  return last;
}

/**
 * Writes records at the end in one call. After a failure nothing of them stays, and the next write takes their place.
 */
export function writeRecords(
  file: number,
  segment: Segment,
  records: readonly Buffer[],
  write: WriteBytes = writevSync,
): void {
  const bytes = records.reduce((sum, record) => sum + record.length, 0);
  try {
    const written = write(file, records, segment.size);
    if (written !== bytes) throw new Error(`only ${written} of ${bytes} bytes were written to ${segment.path}`);
  } catch (error) {
    ftruncateSync(file, segment.size);
    throw error;
  }
  segment.size += bytes;
}

/** Whole records from `at` on: about `bytes`, at least one. */
export function readRecords(segment: Segment, at: number, bytes: number): Buffer {
  const chunk = readAt(segment.path, at, Math.min(bytes, segment.size - at));
  const first = recordBytes(chunk, 0) ?? 0;
  return first > chunk.length ? readAt(segment.path, at, first) : chunk;
}

export function deleteSegment(segment: Segment): void {
  segment.deleted = true;
  unlinkSync(segment.path);
}

function readAt(path: string, at: number, length: number): Buffer {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, at));
  } finally {
    closeSync(file);
  }
}

import type { Segment } from "./segment.ts";

/** The newest records of a partition, bounded by bytes. */
export interface TailCache {
  add(segment: Segment, at: number, record: Buffer): void;
  /** The record that begins at `at` of the segment, if it is still here. */
  find(segment: Segment, at: number): Buffer | undefined;
}

export function createTailCache(maxBytes: number): TailCache {
  // A Map keeps the order of insertion, so its first entry is the oldest.
  const records = new Map<number, Buffer>();
  let bytes = 0;
  return {
    add(segment, at, record) {
      records.set(keyOf(segment, at), record);
      bytes += record.length;
      for (const [key, oldest] of records) {
        if (bytes <= maxBytes) break;
        records.delete(key);
        bytes -= oldest.length;
      }
    },
    find: (segment, at) => records.get(keyOf(segment, at)),
  };
}

function keyOf(segment: Segment, at: number): number {
  return segment.baseOffset + at;
}

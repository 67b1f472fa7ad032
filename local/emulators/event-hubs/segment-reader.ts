import type { LogReader, StartPosition, StoredEvent } from "./log-store.ts";
import { readRecords, type Segment } from "./segment.ts";
import { HEAD_BYTES, readRecord, recordBytes } from "./segment-file.ts";
import type { TailCache } from "./tail-cache.ts";

/** How much of a segment is read at a time; more only for a single record that is larger. */
const CHUNK_BYTES = 256 * 1024;

type Start = Exclude<StartPosition, { by: "latest" }>;

/** The live state of a log that readers look at: the array changes as segments come and go. */
interface ReadableSegments {
  readonly segments: readonly Segment[];
  readonly tail: TailCache;
}

/**
 * Reads a partition from a position on, in bounded steps; a reader whose segment expires goes on with the oldest left.
 */
export function createSegmentReader({ segments, tail }: ReadableSegments, start: Start): LogReader {
  let segment: Segment | undefined = findSegment(segments, start);
  let at = HEAD_BYTES;
  let events: StoredEvent[] = [];
  let index = 0;
  let started = false;

  function loadMore(): boolean {
    while (segment && (segment.deleted || at >= segment.size)) {
      const next = nextSegment(segments, segment);
      if (!next) return false;
      segment = next;
      at = HEAD_BYTES;
    }
    if (!segment) return false;
    const chunk = tail.find(segment, at) ?? readRecords(segment, at, CHUNK_BYTES);
    const { read, bytes } = readWholeRecords(chunk, segment.baseOffset + at);
    // Only a file that was damaged from outside can lack a whole record here: the bytes behind it are not reachable.
    at = bytes === 0 ? segment.size : at + bytes;
    events = read;
    index = 0;
    return true;
  }

  return {
    next() {
      for (;;) {
        while (index < events.length) {
          const event = events[index++];
          if (!event || !(started || isReached(start, event))) continue;
          started = true;
          return event;
        }
        if (!loadMore()) return undefined;
      }
    },
  };
}

function readWholeRecords(chunk: Buffer, offset: number): { read: StoredEvent[]; bytes: number } {
  const read: StoredEvent[] = [];
  let at = 0;
  for (
    let size = recordBytes(chunk, at);
    size !== undefined && at + size <= chunk.length;
    size = recordBytes(chunk, at)
  ) {
    for (const event of readRecord(chunk, at, offset + at)) read.push(event);
    at += size;
  }
  return { read, bytes: at };
}

function isReached({ by, value, inclusive }: Start, event: StoredEvent): boolean {
  return inclusive ? event[by] >= value : event[by] > value;
}

/** The newest segment before which no event is wanted. */
function findSegment(segments: readonly Segment[], { by, value }: Start): Segment | undefined {
  return segments.findLast(({ before }) => before[by] < value) ?? segments[0];
}

function nextSegment(segments: readonly Segment[], segment: Segment): Segment | undefined {
  if (segment.deleted) return segments[0];
  return segments[segments.indexOf(segment) + 1];
}

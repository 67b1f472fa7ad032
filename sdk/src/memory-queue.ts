import type { Queue, Waiting } from "./types.ts";

export interface MemoryQueueOptions {
  /** Default 10,000. */
  readonly maxEvents?: number;
  /** Of their JSON. Default 8 MiB. */
  readonly maxBytes?: number;
}

/** Events that wait in memory. When it is full the new event is dropped: what was taken stays. */
export function createMemoryQueue({ maxEvents = 10_000, maxBytes = 8 << 20 }: MemoryQueueOptions = {}): Queue {
  let waiting: Waiting[] = [];
  let bytes = 0;
  return {
    add: (event) => {
      if (waiting.length >= maxEvents || bytes + event.bytes > maxBytes) return false;
      bytes += event.bytes;
      waiting.push(event);
      return "memory";
    },
    take: (events, most) => takeFirst(waiting, events, most),
    remove: (events) => {
      const gone = new Set(events);
      waiting = waiting.filter((one) => !gone.has(one));
      bytes = waiting.reduce((sum, one) => sum + one.bytes, 0);
    },
    size: () => waiting.length,
    lock: (work) => work(),
    peek: () => waiting,
    close: () => undefined,
  };
}

/** The first ones that fit, and one at least. */
export function takeFirst(waiting: readonly Waiting[], events: number, bytes: number): readonly Waiting[] {
  let size = 0;
  const end = waiting.findIndex((one, i) => {
    size += one.bytes + 1;
    return i >= events || (i > 0 && size > bytes);
  });
  return end < 0 ? waiting.slice() : waiting.slice(0, end);
}

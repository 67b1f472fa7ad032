import { mkdir } from "node:fs/promises";
import { createMemoryQueue, type MemoryQueueOptions, takeFirst } from "../memory-queue.ts";
import type { Kept, Queue, Reason, Waiting } from "../types.ts";
import { createProcessLock } from "./process-lock.ts";
import { createSegmentWriter } from "./segment-writer.ts";
import { createSegments } from "./segments.ts";

export interface DiskQueueOptions {
  /** A folder of its own on a local disk; several processes of this machine may share it. */
  readonly folder: string;
  /** Of what waits. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Of the queue in memory, which takes events while the disk does not. */
  readonly memory?: MemoryQueueOptions;
}

/**
 * Events that wait in files, and outlive a crash: what `track` says is `durable` is on the disk. While the disk takes
 * nothing, events are kept in memory, and somebody is told.
 */
export function createDiskQueue({ folder, maxBytes = 64 << 20, memory: bounds }: DiskQueueOptions): Queue {
  const memory = createMemoryQueue(bounds);
  let warn: (reason: Reason) => void = () => undefined;
  const tell = (error: unknown): void =>
    warn({ code: "queue_unusable", message: `${error}. Events are kept in memory meanwhile` });
  const segments = createSegments(folder, (reason) => warn(reason));
  const lock = createProcessLock(folder);
  const { append, settled, close } = createAppender(folder, tell);
  let isClosed = false;
  /** Of the disk, as far as this process knows: measured when it sends. */
  let bytes = 0;
  const measure = async (): Promise<void> => {
    bytes = await segments.bytes().catch(() => 0);
  };

  const readSegments = async (most: number): Promise<readonly Waiting[]> => {
    try {
      return (await lock.isHeld()) ? await segments.read(most) : [];
    } catch (error) {
      tell(error);
      return [];
    }
  };

  return {
    listen: (listener) => {
      warn = listener;
    },
    add: async (event): Promise<Kept> => {
      if (bytes + event.bytes > maxBytes) return false;
      bytes += event.bytes;
      return (await append(event)) ? "durable" : memory.add(event);
    },
    take: async (events, most) => {
      const found = await readSegments(most);
      return found.length > 0 ? takeFirst(found, events, most) : memory.take(events, most);
    },
    remove: async (events) => {
      await segments.finish(events).catch(tell);
      await memory.remove(events);
    },
    size: async () => (await segments.count().catch(() => 0)) + (await memory.size()),
    peek: memory.peek,
    lock: async (work) => {
      const isHeld = await mkdir(folder, { recursive: true, mode: 0o700 })
        .then(() => lock.acquire(() => isClosed))
        .catch((error) => Boolean(tell(error)));
      segments.refresh();
      try {
        return await work();
      } finally {
        if (isHeld) await measure();
        if (isHeld) await lock.release().catch(tell);
      }
    },
    close: async () => {
      isClosed = true;
      await settled();
      await close().catch(tell);
    },
  };
}

interface Appender {
  /** True when it is on the disk. */
  append(event: Waiting): Promise<boolean>;
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** What is added while the disk is busy goes to it together. */
function createAppender(folder: string, tell: (error: unknown) => void): Appender {
  const writer = createSegmentWriter(folder);
  let waiting: { readonly event: Waiting; readonly resolve: (isWritten: boolean) => void }[] = [];
  let writing: Promise<void> | undefined;
  const writeAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const isWritten = await writer.write(batch.map(({ event }) => event)).then(
        () => true,
        (error) => Boolean(tell(error)),
      );
      for (const { resolve } of batch) resolve(isWritten);
    }
    writing = undefined;
  };
  return {
    append: (event) =>
      new Promise((resolve) => {
        waiting.push({ event, resolve });
        writing ??= writeAll();
      }),
    settled: async () => writing,
    close: writer.close,
  };
}

import { createMemoryQueue, type MemoryQueueOptions, takeFirst } from "../memory-queue.ts";
import type { Kept, Queue, Reason, Waiting } from "../types.ts";
import { makeUuid } from "../uuid.ts";
import { createDatabase, type Database } from "./database.ts";

export interface IndexedDbQueueOptions {
  /** Of the database. All pages and workers of an origin that name it alike share it. Default `headrace`. */
  readonly name?: string;
  /** Default 10,000. */
  readonly maxEvents?: number;
  /** Of the queue in memory, which takes events while the database does not. */
  readonly memory?: MemoryQueueOptions;
}

/**
 * Events that wait in IndexedDB, and outlive the page: what `track` says is `durable` is in it. One tab sends at a time
 * (Web Locks). While the database takes nothing, events are kept in memory, and somebody is told.
 */
export function createIndexedDbQueue(options: IndexedDbQueueOptions = {}): Queue {
  const { name = "headrace", maxEvents = 10_000 } = options;
  const memory = createMemoryQueue(options.memory);
  const database = createDatabase(name);
  const keys = new WeakMap<Waiting, string>();
  /** What this page has put in and has no answer for: it is sent when the page is left. */
  const own = new Set<Waiting>();
  let warn: (reason: Reason) => void = () => undefined;
  const tell = (error: unknown): void =>
    warn({ code: "queue_unusable", message: `${error}. Events are kept in memory meanwhile` });
  const append = createAppender(database, tell);
  let count = 0;
  const measure = async (): Promise<void> => {
    count = await database.count().catch(() => 0);
  };

  return {
    listen: (listener) => {
      warn = listener;
    },
    add: async (event): Promise<Kept> => {
      if (count >= maxEvents) return false;
      count++;
      const key = makeKey();
      keys.set(event, key);
      own.add(event);
      if (await append(key, event)) return "durable";
      own.delete(event);
      return memory.add(event);
    },
    take: async (events, bytes) => {
      const found = await readFirst(database, events, warn).catch((error) => {
        tell(error);
        return new Map<string, Waiting>();
      });
      // What this page put in itself is the same object here as there.
      const mine = new Map([...own].map((event) => [keys.get(event) ?? "", event]));
      const waiting = [...found].map(([key, event]) => mine.get(key) ?? event);
      waiting.forEach((event, i) => void keys.set(event, [...found.keys()][i] ?? ""));
      return waiting.length > 0 ? takeFirst(waiting, events, bytes) : memory.take(events, bytes);
    },
    remove: async (events) => {
      for (const event of events) own.delete(event);
      await database.delete(events.flatMap((event) => keys.get(event) ?? [])).catch(tell);
      await memory.remove(events);
    },
    size: async () => (await database.count().catch(() => 0)) + (await memory.size()),
    peek: () => [...own, ...memory.peek()],
    lock: async (work) => {
      await measure();
      // Where there are no locks, two tabs may send the same event, which is stored once.
      return globalThis.navigator?.locks ? navigator.locks.request(`headrace ${name}`, work) : work();
    },
    close: database.close,
  };
}

let made = 0;

/** Keys sort as they were made, as far as the clock does. */
function makeKey(): string {
  const now = Date.now();
  return `${String(now).padStart(15, "0")} ${String(++made).padStart(9, "0")} ${makeUuid(now)}`;
}

/** What is no event is told of and taken away. */
async function readFirst(
  database: Database,
  count: number,
  warn: (reason: Reason) => void,
): Promise<ReadonlyMap<string, Waiting>> {
  const { events, spoiled } = await database.read(count);
  if (spoiled.length === 0) return events;
  warn({ code: "queue_spoiled", message: "a record is not as it was written, and is passed over" });
  await database.delete(spoiled);
  return readFirst(database, count, warn);
}

/** Puts into the database together what comes together. What it gives resolves to whether that is kept. */
function createAppender(
  database: Database,
  tell: (error: unknown) => void,
): (key: string, event: Waiting) => Promise<boolean> {
  let waiting = new Map<string, Waiting>();
  let writing: Promise<boolean> | undefined;
  const write = async (): Promise<boolean> => {
    // What is added in this turn of the page goes along.
    await Promise.resolve();
    const batch = waiting;
    waiting = new Map();
    writing = undefined;
    return database.put(batch).then(
      () => true,
      (error) => {
        tell(error);
        return false;
      },
    );
  };
  return (key, event) => {
    waiting.set(key, event);
    writing ??= write();
    return writing;
  };
}

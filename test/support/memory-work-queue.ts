import { MAX_MESSAGE_BYTES, type QueueName, type WorkQueue } from "../../shared/pipeline/work-queue.ts";
import { call, type MemoryService } from "./memory-service.ts";

export interface QueuedMessage {
  readonly text: string;
  readonly delaySeconds: number;
  readonly lane: QueueName;
  /** Milliseconds since 1970. */
  readonly visibleAt: number;
  /** How often a host has taken it. */
  dequeued: number;
}

export interface MemoryWorkQueue extends WorkQueue, MemoryService {
  /** The waiting messages, hidden ones included, the oldest first. A test may take any of them. */
  readonly messages: QueuedMessage[];
}

/** A work queue in memory. It passes the same contract suite as the one for Azure's queues. */
export function createMemoryWorkQueue(now: () => number = Date.now): MemoryWorkQueue {
  const messages: QueuedMessage[] = [];
  const put = (text: string, delaySeconds: number, lane: QueueName): void => {
    if (Buffer.byteLength(text) > MAX_MESSAGE_BYTES) throw new RangeError("the message is too large for the queue");
    messages.push({ text, delaySeconds, lane, visibleAt: now() + delaySeconds * 1000, dequeued: 0 });
  };
  const queue: MemoryWorkQueue = {
    messages,
    away: false,
    hanging: undefined,
    put: (text, delaySeconds, lane = "work") => call(queue, () => put(text, delaySeconds, lane)),
    length: (lane) => call(queue, () => messages.filter((message) => message.lane === lane).length),
    check: (signal) => call(queue, () => undefined, { signal }),
  };
  return queue;
}

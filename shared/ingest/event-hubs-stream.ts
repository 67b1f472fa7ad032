import { type EventDataBatch, EventHubProducerClient } from "@azure/event-hubs";
import type { TokenCredential } from "@azure/identity";
import type { Connection } from "../config.ts";
import { AppError } from "../errors.ts";
import { reached } from "../runtime/reached.ts";
import type { Logger } from "../telemetry/log.ts";
import { createLastingProducer } from "./event-hubs-producer.ts";
import { createEventHubsSender, type EventHubsSender } from "./event-hubs-sender.ts";
import type { EventStream } from "./event-stream.ts";

export interface EventHubsStreamOptions {
  readonly connection: Connection;
  readonly hub: string;
  readonly credential: () => TokenCredential;
  readonly log: Logger;
  /** Time in ms within which a message is acknowledged or refused, retries included. */
  readonly deadlineMs?: number;
  /** How long in ms a message waits for others to share its send. */
  readonly lingerMs?: number;
  /** Most bytes that wait for acknowledgement at once; more is refused at once. */
  readonly maxPendingBytes?: number;
  /** Most sends under way at once. */
  readonly maxSends?: number;
}

/** How long in ms one try may take, so that three fit into the deadline when an acknowledgement gets lost. */
const TRY_MS = 3_000;

interface Pending {
  readonly message: Buffer;
  /** By `performance.now()`: setting the clock moves no deadline. */
  readonly expiresAt: number;
  readonly resolve: () => void;
  readonly reject: (error: AppError) => void;
}

/**
 * Sends messages to Event Hubs without a partition key. So they go to any partition that is up, and concurrent requests
 * can share a send (group commit). Each is answered when its own send is acknowledged.
 */
export function createEventHubsStream(options: EventHubsStreamOptions): EventStream {
  const { deadlineMs = 10_000, lingerMs = 2, maxPendingBytes = 64 * 1024 * 1024, maxSends = 8 } = options;
  const producer = createLastingProducer(() => createProducer(options, deadlineMs), options.log);
  const sender = createEventHubsSender(producer);
  const waiting: Pending[] = [];
  let pendingBytes = 0;
  let sends = 0;
  let timer: NodeJS.Timeout | undefined;

  const schedule = (): void => {
    if (timer === undefined && waiting.length > 0 && sends < maxSends) timer = setTimeout(start, lingerMs);
  };
  const start = (): void => {
    timer = undefined;
    if (waiting.length === 0) return;
    sends++;
    void sendSome(sender, waiting).finally(() => {
      sends--;
      schedule();
    });
    // Messages that did not fit into one send go out in another one beside it.
    schedule();
  };

  return {
    publish: async (message) => {
      if (pendingBytes + message.length > maxPendingBytes) {
        reached("too-much-waits-for-hub");
        throw new AppError("stream_unavailable", "too many events are waiting for Event Hubs", { retryAfter: 2 });
      }
      pendingBytes += message.length;
      try {
        await new Promise<void>((resolve, reject) => {
          waiting.push({ message, expiresAt: performance.now() + deadlineMs, resolve, reject });
          schedule();
        });
      } finally {
        pendingBytes -= message.length;
      }
    },
    open: async () => {
      // An empty batch has the size that the link to the hub allows, and so needs the link.
      await sender.createBatch(AbortSignal.timeout(deadlineMs));
    },
    check: async (signal) => {
      await producer.getEventHubProperties({ abortSignal: signal });
    },
    close: () => producer.close(),
  };
}

function createProducer(options: EventHubsStreamOptions, deadlineMs: number): EventHubProducerClient {
  const retryOptions = {
    maxRetries: 3,
    timeoutInMs: Math.min(TRY_MS, deadlineMs),
    retryDelayInMs: 100,
    maxRetryDelayInMs: 2_000,
    mode: 0,
  };
  const { connection, hub } = options;
  return "connectionString" in connection
    ? new EventHubProducerClient(connection.connectionString, hub, { retryOptions })
    : new EventHubProducerClient(connection.host, hub, options.credential(), { retryOptions });
}

/** Fills one batch from the front of the line and sends it. Never throws: it settles the messages that it took. */
async function sendSome(sender: EventHubsSender, waiting: Pending[]): Promise<void> {
  const taken: Pending[] = [];
  try {
    const first = waiting[0];
    if (!first) return;
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(first.expiresAt - performance.now())));
    const batch = await fillBatch(sender, waiting, taken, signal);
    if (taken.length === 0) return refuseOversized(waiting[0], waiting);
    await sender.send(batch, signal);
    for (const pending of taken) pending.resolve();
  } catch (cause) {
    // When not even a batch could be made, the link is down: the front of the line would only wait for its own
    // deadline.
    if (taken.length === 0) {
      reached("no-link-to-hub");
      taken.push(...waiting.splice(0));
    }
    const error = new AppError("stream_unavailable", "Event Hubs has not acknowledged the events in time", {
      cause,
      retryAfter: 5,
    });
    for (const pending of taken) pending.reject(error);
  }
}

/**
 * Unreachable as long as the hub takes 1 MB (every tier but Basic). Without it, such a message would be tried for ever.
 */
function refuseOversized(first: Pending | undefined, waiting: Pending[]): void {
  if (!first) return;
  waiting.shift();
  first.reject(
    new AppError("stream_unavailable", "the event hub takes no message as large as the batch's", { retryAfter: 60 }),
  );
}

async function fillBatch(
  sender: EventHubsSender,
  waiting: Pending[],
  taken: Pending[],
  signal: AbortSignal,
): Promise<EventDataBatch> {
  const batch = await sender.createBatch(signal);
  // Between the await above and here another send may have emptied the line.
  for (let next = waiting[0]; next !== undefined && batch.tryAdd({ body: next.message }); next = waiting[0]) {
    taken.push(next);
    waiting.shift();
  }
  return batch;
}

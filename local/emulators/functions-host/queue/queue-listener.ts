import { setTimeout as sleep } from "node:timers/promises";
import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue";
import { resolveSettings } from "../app-settings.ts";
import { requireTextProperty, textProperty } from "../functions.ts";
import { messageOf } from "../host-error.ts";
import { type ListenerFactory, logAs } from "../listener.ts";
import { createWorkInFlight } from "../work-in-flight.ts";
import { createBackoff } from "./backoff.ts";
import { decodeBody } from "./message-body.ts";
import { createMessageLease } from "./message-lease.ts";
import { moveToPoison } from "./poison.ts";
import { queueTriggerMetadata } from "./queue-metadata.ts";
import { createQueueService } from "./queue-service.ts";

const POISON_SUFFIX = "-poison";

function isGone(error: unknown): boolean {
  return error instanceof Error && "statusCode" in error && error.statusCode === 404;
}

/** Polls one queue (azure-sdk-for-net `QueueListener.cs` and `QueueProcessor.cs`). */
export const createQueueListener: ListenerFactory = (fn, { invoke, config, log, timings }) => {
  const report = logAs(fn, log);
  const { batchSize, maxPollingInterval, visibilityTimeout, maxDequeueCount, messageEncoding } =
    config.extensions.queues;
  const newBatchThreshold = config.extensions.queues.newBatchThreshold ?? Math.floor(batchSize / 2);
  const queueName = resolveSettings(requireTextProperty(fn, "queueName"), `Function ${fn.name}`).toLowerCase();
  const service = createQueueService(
    resolveSettings(textProperty(fn, "connection") ?? "Storage", `Function ${fn.name}`),
  );
  const queue: QueueClient = service.getQueueClient(queueName);
  // A poison queue has none of its own: a message that fails there stays there.
  const poison = queueName.endsWith(POISON_SUFFIX) ? undefined : service.getQueueClient(queueName + POISON_SUFFIX);
  const backoff = createBackoff(maxPollingInterval);
  const work = createWorkInFlight();
  const stopping = new AbortController();
  let loop: Promise<void> = Promise.resolve();

  async function runFunction(message: DequeuedMessageItem, body: Buffer): Promise<boolean> {
    const text = body.toString("utf8");
    const input = fn.binding.dataType === "binary" ? { bytes: body } : { string: text };
    try {
      await invoke(fn, { input, triggerMetadata: queueTriggerMetadata(message, text) });
      return true;
    } catch {
      return false;
    }
  }

  async function toPoison(message: DequeuedMessageItem, popReceipt: string, target: QueueClient): Promise<void> {
    report(
      "warning",
      `Message ${message.messageId} has reached MaxDequeueCount or is unreadable: to '${target.name}'.`,
    );
    await moveToPoison(message, target);
    await queue.deleteMessage(message.messageId, popReceipt);
  }

  async function processMessage(message: DequeuedMessageItem): Promise<void> {
    const body = decodeBody(message.messageText, messageEncoding);
    const exhausted = message.dequeueCount > maxDequeueCount;
    if (poison && (exhausted || !body)) return toPoison(message, message.popReceipt, poison);
    const lease = createMessageLease(queue, message, timings.queueLeaseMs, (text) => report("warning", text));
    const succeeded = body !== undefined && (await runFunction(message, body));
    const popReceipt = await lease.end();
    if (succeeded) await queue.deleteMessage(message.messageId, popReceipt);
    else if (poison && message.dequeueCount >= maxDequeueCount) await toPoison(message, popReceipt, poison);
    else await queue.updateMessage(message.messageId, popReceipt, undefined, Math.floor(visibilityTimeout / 1000));
  }

  async function processSafely(message: DequeuedMessageItem): Promise<void> {
    try {
      await processMessage(message);
    } catch (error) {
      // It becomes visible again by itself, and a receiver in between has the newer receipt.
      report("error", `Message ${message.messageId} could not be settled: ${messageOf(error)}`);
    }
  }

  async function receive(): Promise<DequeuedMessageItem[]> {
    try {
      const visibility = Math.max(1, Math.ceil(timings.queueLeaseMs / 1000));
      // Not aborted by a stop: messages that the service has handed out would stay hidden for the whole lease.
      const received = await queue.receiveMessages({ numberOfMessages: batchSize, visibilityTimeout: visibility });
      return received.receivedMessageItems;
    } catch (error) {
      if (!isGone(error)) report("error", `Cannot read '${queueName}': ${messageOf(error)}`);
      return [];
    }
  }

  async function giveBack(messages: readonly DequeuedMessageItem[]): Promise<void> {
    await Promise.all(
      messages.map((m) => queue.updateMessage(m.messageId, m.popReceipt, undefined, 0).catch(() => undefined)),
    );
  }

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      const messages = await receive();
      if (stopping.signal.aborted) return giveBack(messages);
      for (const message of messages) void work.track(processSafely(message));
      const delay = backoff.next(messages.length > 0);
      if (delay > 0) await sleep(delay, undefined, { signal: stopping.signal }).catch(() => undefined);
      await work.whenAtMost(newBatchThreshold);
    }
  }

  return {
    start: () => {
      loop = poll();
      return Promise.resolve();
    },
    stop: async () => {
      stopping.abort();
      await work.whenAtMost(0);
      await loop;
      await work.whenAtMost(0);
    },
  };
};

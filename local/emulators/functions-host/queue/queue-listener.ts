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
import { isQueueMissing, isWaitedOut } from "./queue-error.ts";
import { queueTriggerMetadata } from "./queue-metadata.ts";
import { createQueueService } from "./queue-service.ts";
import { createMessageSettler } from "./settle-message.ts";

const POISON_SUFFIX = "-poison";

/** Polls one queue (azure-sdk-for-net `QueueListener.cs` and `QueueProcessor.cs`). */
export const createQueueListener: ListenerFactory = (fn, { invoke, config, log, timings, shutDown }) => {
  const report = logAs(fn, log);
  const { batchSize, maxPollingInterval, maxDequeueCount, messageEncoding } = config.extensions.queues;
  const newBatchThreshold = config.extensions.queues.newBatchThreshold ?? Math.floor(batchSize / 2);
  const queueName = resolveSettings(requireTextProperty(fn, "queueName"), `Function ${fn.name}`).toLowerCase();
  const connection = resolveSettings(textProperty(fn, "connection") ?? "Storage", `Function ${fn.name}`);
  const service = createQueueService(connection, timings.queueRetryMs);
  const queue: QueueClient = service.getQueueClient(queueName);
  const poison = queueName.endsWith(POISON_SUFFIX) ? undefined : service.getQueueClient(queueName + POISON_SUFFIX);
  const settler = createMessageSettler({ queue, poison }, config.extensions.queues, (text) => report("warning", text));
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

  async function processMessage(message: DequeuedMessageItem): Promise<void> {
    const body = decodeBody(message.messageText, messageEncoding);
    if (!body || message.dequeueCount > maxDequeueCount) return settler.refuse(message);
    const lease = createMessageLease(queue, message, timings.queueLeaseMs, shutDown);
    const succeeded = await runFunction(message, body);
    return settler.complete(message, await lease.end(), succeeded);
  }

  async function receive(): Promise<DequeuedMessageItem[]> {
    try {
      const visibility = Math.max(1, Math.ceil(timings.queueLeaseMs / 1000));
      // Not aborted by a stop: messages that the service has handed out would stay hidden for the whole lease.
      const received = await queue.receiveMessages({ numberOfMessages: batchSize, visibilityTimeout: visibility });
      return received.receivedMessageItems;
    } catch (error) {
      if (stopping.signal.aborted || isQueueMissing(error)) return [];
      if (!isWaitedOut(error)) shutDown(error);
      report("error", `Cannot read '${queueName}': ${messageOf(error)}`);
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
      for (const message of messages) void work.track(processMessage(message).catch(shutDown));
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

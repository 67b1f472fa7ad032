import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue";
import type { QueuesConfig } from "../host-config.ts";
import { moveToPoison } from "./poison.ts";
import { isTakenOver } from "./queue-error.ts";

export interface MessageQueues {
  readonly queue: QueueClient;
  /** A queue whose name ends in `-poison` has none. */
  readonly poison: QueueClient | undefined;
}

/** What becomes of a message outside its function. Both methods throw the errors that end the real host. */
export interface MessageSettler {
  /** For a message that no function sees: taken too often, or not in the encoding that host.json names. */
  refuse(message: DequeuedMessageItem): Promise<void>;
  complete(message: DequeuedMessageItem, popReceipt: string, succeeded: boolean): Promise<void>;
}

/** By azure-sdk-for-net `QueueProcessor.cs`. */
export function createMessageSettler(
  { queue, poison }: MessageQueues,
  { maxDequeueCount, visibilityTimeout }: QueuesConfig,
  warn: (text: string) => void,
): MessageSettler {
  async function unlessTakenOver(request: Promise<unknown>): Promise<void> {
    try {
      await request;
    } catch (error) {
      if (!isTakenOver(error)) throw error;
    }
  }

  /** Without a poison queue nothing is done: the message stays hidden for the rest of its lease, time after time. */
  async function toPoison(message: DequeuedMessageItem, popReceipt: string): Promise<void> {
    if (!poison) return;
    warn(`Message ${message.messageId} has reached MaxDequeueCount or is unreadable: to '${poison.name}'.`);
    await moveToPoison(message, poison);
    await unlessTakenOver(queue.deleteMessage(message.messageId, popReceipt));
  }

  return {
    refuse: (message) => toPoison(message, message.popReceipt),
    complete: async (message, popReceipt, succeeded) => {
      const { messageId, dequeueCount } = message;
      if (succeeded) return unlessTakenOver(queue.deleteMessage(messageId, popReceipt));
      // Not released, "to prevent a fast infinite loop": hidden for the rest of its lease.
      if (!poison) return;
      if (dequeueCount >= maxDequeueCount) return toPoison(message, popReceipt);
      const hiddenSeconds = Math.floor(visibilityTimeout / 1000);
      return unlessTakenOver(queue.updateMessage(messageId, popReceipt, undefined, hiddenSeconds));
    },
  };
}

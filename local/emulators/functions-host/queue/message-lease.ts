import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue";
import { messageOf } from "../host-error.ts";
import { sleepByClock } from "../sleep-by-clock.ts";

export interface MessageLease {
  /** Ends the renewing and returns the receipt that settles the message. */
  end(): Promise<string>;
}

/** Keeps a message hidden while it is worked on, renewing at half of the time. */
export function createMessageLease(
  queue: QueueClient,
  message: DequeuedMessageItem,
  leaseMs: number,
  warn: (text: string) => void,
): MessageLease {
  let popReceipt = message.popReceipt;
  const ended = new AbortController();

  async function renew(): Promise<void> {
    while (!ended.signal.aborted) {
      await sleepByClock(leaseMs / 2, ended.signal);
      if (ended.signal.aborted) return;
      try {
        const visibility = Math.max(1, Math.ceil(leaseMs / 1000));
        const updated = await queue.updateMessage(message.messageId, popReceipt, undefined, visibility);
        popReceipt = updated.popReceipt ?? popReceipt;
      } catch (error) {
        warn(`Message ${message.messageId} could not be renewed: ${messageOf(error)}`);
      }
    }
  }

  const renewing = renew();
  return {
    end: async () => {
      ended.abort();
      // A renewal under way changes the receipt.
      await renewing;
      return popReceipt;
    },
  };
}

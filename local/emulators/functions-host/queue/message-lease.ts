import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue";
import { sleepByClock } from "../sleep-by-clock.ts";
import { isTakenOver } from "./queue-error.ts";

export interface MessageLease {
  /** Ends the renewing and returns the receipt that settles the message. */
  end(): Promise<string>;
}

/**
 * Keeps a message hidden while it is worked on, renewing at half of the time, until somebody else has it.
 *
 * @param shutDown called with an error that ends the real host
 */
export function createMessageLease(
  queue: QueueClient,
  message: DequeuedMessageItem,
  leaseMs: number,
  shutDown: (error: unknown) => void,
): MessageLease {
  let popReceipt = message.popReceipt;
  const ended = new AbortController();

  async function renew(): Promise<void> {
    const visibility = Math.max(1, Math.ceil(leaseMs / 1000));
    while (!ended.signal.aborted) {
      await sleepByClock(leaseMs / 2, ended.signal);
      if (ended.signal.aborted) return;
      try {
        const updated = await queue.updateMessage(message.messageId, popReceipt, undefined, visibility);
        popReceipt = updated.popReceipt ?? popReceipt;
      } catch (error) {
        return isTakenOver(error) ? undefined : shutDown(error);
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

import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue";
import { isQueueMissing } from "./queue-error.ts";

/**
 * Copies a message, text as it is, to the poison queue, which is created when it is missing. The copy has Storage's
 * usual life of 7 days, however long the message itself was to live.
 */
export async function moveToPoison(message: DequeuedMessageItem, poison: QueueClient): Promise<void> {
  try {
    await poison.sendMessage(message.messageText);
  } catch (error) {
    if (!isQueueMissing(error)) throw error;
    await poison.createIfNotExists();
    await poison.sendMessage(message.messageText);
  }
}

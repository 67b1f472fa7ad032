import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue";

function isQueueMissing(error: unknown): boolean {
  return error instanceof Error && "statusCode" in error && error.statusCode === 404;
}

/**
 * Copies a message, text as it is, to the poison queue, which is created when it is missing; it keeps for 7 days there.
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

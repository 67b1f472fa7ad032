/**
 * The text of a queue message. The library parses every text that is JSON. Ours never is, and a foreign one is kept as
 * it came.
 */
export function textOfQueueMessage(message: unknown): string {
  return typeof message === "string" ? message : JSON.stringify(message);
}

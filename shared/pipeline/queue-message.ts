/**
 * The text of a queue message. The library parses every one that is JSON; ours never is, and what is not ours is kept
 * as it came.
 */
export function textOfQueueMessage(message: unknown): string {
  return typeof message === "string" ? message : JSON.stringify(message);
}

import type { InvocationContext } from "@azure/functions";

/**
 * The text of a queue message. The library parses every text that is JSON. Ours never is, and a foreign one is kept as
 * it came.
 */
export function textOfQueueMessage(message: unknown): string {
  return typeof message === "string" ? message : JSON.stringify(message);
}

/**
 * How often the host has taken this message, this time included. The count goes up with every try that a killed host
 * or worker did not finish, too. Without a count it is the first try.
 */
export function triesOf({ triggerMetadata }: Pick<InvocationContext, "triggerMetadata">): number {
  const count = Number(triggerMetadata?.dequeueCount);
  return Number.isInteger(count) ? count : 1;
}

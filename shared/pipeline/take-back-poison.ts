import { reached } from "../runtime/reached.ts";
import type { Logger } from "../telemetry/log.ts";
import type { WorkQueue } from "./work-queue.ts";

/**
 * Puts a message of the poison queue back into the work queue, where it never expires and is tried for as long as it
 * takes. Only the Functions host of an older release, or a person, puts one there: Azure gives it few tries and 7 days,
 * and so nothing else is tried here. Throws when the work queue does not answer.
 */
export async function takeBackPoison(queue: WorkQueue, text: string, log: Logger): Promise<void> {
  reached("poison-taken-back");
  log.error("a work item came to the poison queue; it is put back into the work queue", { bytes: text.length });
  await queue.put(text, 0);
}

import { encodeFrame } from "../envelope/frame.ts";
import type { Logger } from "../telemetry/log.ts";
import type { FrameResult } from "./frame-result.ts";
import { encodeWorkItem, splitToFit } from "./work-item.ts";
import type { WorkQueue } from "./work-queue.ts";

/** Delays between tries of the same work, in seconds: doubling from 1 to this. */
const MAX_DELAY_SECONDS = 300;

/** Queues the open rest of a work item once more, by org, with a delay that grows by its attempts. */
export async function putBack(
  queue: WorkQueue,
  attempt: number,
  results: readonly FrameResult[],
  log: Logger,
): Promise<void> {
  const open = results.filter((result) => result.status === "open");
  for (const [orgId, ofOrg] of Map.groupBy(open, (result) => result.orgId)) {
    const delay = delayOf(attempt, ofOrg);
    log.warn("envelopes could not be settled and are put back", {
      org_id: orgId,
      envelopes: ofOrg.length,
      attempt,
      delay_seconds: delay,
      reason: ofOrg[0]?.reason,
    });
    const left = ofOrg.map((result) => encodeFrame(result.frame));
    for (const group of splitToFit(left)) await queue.put(encodeWorkItem(attempt + 1, group), delay);
  }
}

function delayOf(attempt: number, open: readonly Extract<FrameResult, { status: "open" }>[]): number {
  const asked = Math.max(...open.map((result) => result.retryAfterMs)) / 1000;
  const grown = Math.min(2 ** Math.min(attempt, 20), MAX_DELAY_SECONDS);
  // Jitter, so that work refused together does not come back together.
  return Math.ceil(Math.max(asked, grown * (0.5 + Math.random() / 2)));
}

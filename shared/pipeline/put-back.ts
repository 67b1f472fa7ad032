import { encodeFrame } from "../envelope/frame.ts";
import type { Logger } from "../telemetry/log.ts";
import type { FrameResult } from "./frame-result.ts";
import { encodeWorkItem, splitToFit } from "./work-item.ts";
import type { WorkQueue } from "./work-queue.ts";

/** Delays between tries of the same work, in seconds: doubling from 1 to this. */
const MAX_DELAY_SECONDS = 300;
/** The same for what waits for a newer release: it may come at any time. */
const NEWER_DELAY_SECONDS = 30;

/** Queues the open rest of a work item once more, by org, with a delay that grows by its attempts. */
export async function putBack(
  queue: WorkQueue,
  attempt: number,
  results: readonly FrameResult[],
  log: Logger,
): Promise<void> {
  const open = results.filter((result) => result.status === "open");
  // Without a line in the log for each: it goes on for as long as no newer release runs.
  const newer = open.filter((result) => result.newer);
  await putFrames(queue, attempt, newer, delayOfNewer(attempt));
  const own = open.filter((result) => !result.newer);
  for (const [orgId, ofOrg] of Map.groupBy(own, (result) => result.orgId)) {
    const delay = delayOf(attempt, ofOrg);
    log.warn("envelopes could not be settled and are put back", {
      org_id: orgId,
      envelopes: ofOrg.length,
      attempt,
      delay_seconds: delay,
      reason: ofOrg[0]?.reason,
    });
    await putFrames(queue, attempt, ofOrg, delay);
  }
}

async function putFrames(queue: WorkQueue, attempt: number, open: readonly Open[], delay: number): Promise<void> {
  const left = open.map((result) => encodeFrame(result.frame));
  for (const group of splitToFit(left)) await queue.put(encodeWorkItem(attempt + 1, group), delay);
}

type Open = Extract<FrameResult, { status: "open" }>;

function delayOf(attempt: number, open: readonly Open[]): number {
  const asked = Math.max(...open.map((result) => result.retryAfterMs)) / 1000;
  return Math.ceil(Math.max(asked, grow(attempt, MAX_DELAY_SECONDS)));
}

/** For how many seconds that waits which only a newer release can read. */
export function delayOfNewer(attempt: number): number {
  return Math.ceil(grow(attempt, NEWER_DELAY_SECONDS));
}

/** With jitter, so that work refused together does not come back together. */
function grow(attempt: number, most: number): number {
  return Math.min(2 ** Math.min(attempt, 20), most) * (0.5 + Math.random() / 2);
}

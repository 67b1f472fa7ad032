import { encodeFrame } from "../envelope/frame.ts";
import { reached } from "../runtime/reached.ts";
import type { Logger } from "../telemetry/log.ts";
import type { FrameResult } from "./frame-result.ts";
import { encodeWorkItem, splitToFit } from "./work-item.ts";
import type { Lane, WorkQueue } from "./work-queue.ts";

/** Queue requests under way at once. */
const PUTS_AT_ONCE = 8;
/** Delays between tries of the same work, in seconds: doubling from 1 to this. */
const MAX_DELAY_SECONDS = 300;
/** The same for what waits for a newer release: it may come at any time. */
const NEWER_DELAY_SECONDS = 30;

/** What a try of a work item has come to. */
export interface Try {
  /** How often the work was put back before in a row without any progress. */
  readonly attempt: number;
  /** In which it was taken. */
  readonly lane: Lane | undefined;
  /** Orgs of which this try has settled something. */
  readonly progress: ReadonlySet<string>;
}

/**
 * Queues the open rest of a work item once more, by org. The delay grows only while nothing is settled: an org that is
 * held to what it pays for uses all of it.
 */
export async function putBack(
  queue: WorkQueue,
  { attempt, lane, progress }: Try,
  results: readonly FrameResult[],
  log: Logger,
): Promise<void> {
  const open = results.filter((result) => result.status === "open");
  // Without a line in the log for each: it goes on for as long as no newer release runs.
  const newer = open.filter((result) => result.newer);
  const next = laneAfter(lane, attempt);
  const puts = itemsOf(attempt, newer).map((text) => ({ text, delay: delayOfNewer(attempt) }));
  const own = open.filter((result) => !result.newer);
  for (const [orgId, ofOrg] of Map.groupBy(own, (result) => result.orgId)) {
    if (progress.has(orgId) && attempt > 0) reached("delay-begins-anew");
    const inVain = progress.has(orgId) ? 0 : attempt;
    const delay = delayOf(inVain, ofOrg);
    log.warn("envelopes could not be settled and are put back", {
      org_id: orgId,
      envelopes: ofOrg.length,
      attempt: inVain,
      delay_seconds: delay,
      reason: ofOrg[0]?.reason,
    });
    puts.push(...itemsOf(inVain, ofOrg).map((text) => ({ text, delay })));
  }
  for (let i = 0; i < puts.length; i += PUTS_AT_ONCE)
    await Promise.all(puts.slice(i, i + PUTS_AT_ONCE).map(({ text, delay }) => queue.put(text, delay, next)));
}

/** What was put back once already has its next try in the lane for bulk, and stays there. */
export function laneAfter(lane: Lane = "work", attempt: number): Lane {
  return attempt > 0 ? "bulk" : lane;
}

function itemsOf(attempt: number, open: readonly Open[]): string[] {
  return splitToFit(open.map((result) => encodeFrame(result.frame))).map((group) => encodeWorkItem(attempt + 1, group));
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

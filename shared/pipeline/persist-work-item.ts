import { encodeFrame } from "../envelope/frame.ts";
import { createQuarantine } from "../quarantine/quarantine.ts";
import type { MemoryBudget } from "../runtime/memory-budget.ts";
import type { Logger } from "../telemetry/log.ts";
import type { FrameResult } from "./frame-result.ts";
import { type SettleDeps, settleEnvelopes } from "./settle-envelopes.ts";
import { decodeWorkItem, encodeWorkItem, splitToFit, type WorkItem } from "./work-item.ts";
import type { WorkQueue } from "./work-queue.ts";

export interface PersistDeps extends SettleDeps {
  readonly queue: WorkQueue;
  /** Bounds the unpacked bytes that are worked on at once. */
  readonly memory: MemoryBudget;
}

/** Delays between tries of the same work, in seconds: doubling from 1 to this. */
const MAX_DELAY_SECONDS = 300;

/**
 * Persists a work item. What is not settled is put back, by org, with a growing delay and before the host's dequeue count can
 * poison it. Throws on a defect, and when even putting back fails: then the host tries again.
 */
export async function persistWorkItem(deps: PersistDeps, text: string, log: Logger): Promise<void> {
  const item = await readWorkItem(deps, text, log);
  if (item) await settleAndPutBack(deps, item, false, log);
}

/**
 * Goes through what came to the poison queue, event by event: what can be stored is stored, what fails for an unknown reason is
 * quarantined with it.
 */
export async function persistPoison(deps: PersistDeps, text: string, log: Logger): Promise<void> {
  log.error("a work item came to the poison queue", { bytes: text.length });
  const item = await readWorkItem(deps, text, log);
  if (item) await settleAndPutBack(deps, item, true, log);
}

/** A text that is no work item goes to quarantine as it is. */
async function readWorkItem(deps: PersistDeps, text: string, log: Logger): Promise<WorkItem | undefined> {
  try {
    return decodeWorkItem(text);
  } catch (error) {
    log.error("a message of the work queue cannot be read; it goes to quarantine as it is", {
      bytes: text.length,
      error,
    });
  }
  const bytes = Buffer.from(text);
  const kept = await createQuarantine(deps.quarantine, deps.claims).keepBytes(`work queue: ${text}`, bytes);
  if (kept.status === "unavailable") throw new Error("the quarantine does not answer; the message is tried again");
  return undefined;
}

async function settleAndPutBack(
  deps: PersistDeps,
  { attempt, frames }: WorkItem,
  isolate: boolean,
  log: Logger,
): Promise<void> {
  const bytes = frames.reduce(
    (sum, frame) => sum + (frame.kind === "unreadable" ? frame.body.length : frame.head.bytes),
    0,
  );
  const memory = await deps.memory.take(bytes);
  let results: readonly FrameResult[];
  try {
    results = await settleEnvelopes(deps, frames, { isolate }, log);
  } finally {
    memory.giveBack();
  }
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
    for (const group of splitToFit(left)) await deps.queue.put(encodeWorkItem(attempt + 1, group), delay);
  }
}

function delayOf(attempt: number, open: readonly Extract<FrameResult, { status: "open" }>[]): number {
  const asked = Math.max(...open.map((result) => result.retryAfterMs)) / 1000;
  const grown = Math.min(2 ** Math.min(attempt, 20), MAX_DELAY_SECONDS);
  // Jitter, so that what was refused together does not come back together.
  return Math.ceil(Math.max(asked, grown * (0.5 + Math.random() / 2)));
}

import type { ClaimStore } from "../envelope/claim-store.ts";
import { type Frame, headOf } from "../envelope/frame.ts";
import { markOf } from "../event/decide-outcome.ts";
import type { EventDocument, EventStore } from "../event/event-store.ts";
import { SERVICE_ORG_ID } from "../identity/org-id.ts";
import type { LedgerStore, Slot } from "../ledger/ledger-store.ts";
import { type MergeSomeOptions, mergeSome } from "../ledger/merge-some.ts";
import { createQuarantine, type Quarantine } from "../quarantine/quarantine.ts";
import type { QuarantineStore } from "../quarantine/quarantine-store.ts";
import { slotOf } from "../receipt/receipt-id.ts";
import { type Deadline, DeadlineError, startDeadline, withDeadline } from "../runtime/deadline.ts";
import type { MemoryBudget, MemoryLease } from "../runtime/memory-budget.ts";
import { reached } from "../runtime/reached.ts";
import type { TellNewer } from "../store/newer-formats.ts";
import type { Logger } from "../telemetry/log.ts";
import {
  type CloseDeps,
  type CloseOptions,
  closeAccounts,
  closeEnvelope,
  deleteClaim,
  giveUpEnvelope,
  keepUnreadable,
} from "./close-envelope.ts";
import { type Closing, type FrameResult, leaveOpen, leaveToNewer, SETTLED } from "./frame-result.ts";
import { type ClaimFrame, documentsOf, loadEnvelope, type OpenEnvelope } from "./load-envelope.ts";
import { delayOfNewer, laneAfter, putBack } from "./put-back.ts";
import { apart, type Reach, together } from "./reach.ts";
import type { SettleOptions } from "./settle-events.ts";
import { decodeWorkItem, readNewerWorkItem, type WorkItem } from "./work-item.ts";
import type { Lane, WorkQueue } from "./work-queue.ts";

export interface PersistDeps {
  readonly events: EventStore;
  readonly ledger: LedgerStore;
  readonly quarantine: QuarantineStore;
  readonly claims: ClaimStore;
  readonly queue: WorkQueue;
  /** In which work is taken. Default: the first. */
  readonly lane?: Lane;
  /** Bounds the unpacked bytes that are worked on at once. */
  readonly memory: MemoryBudget;
  readonly tellNewer: TellNewer;
  readonly merging?: MergeSomeOptions;
}

/** About four hours of growing delays. If one blob alone is missing and has not come back by then, it was deleted. */
const LOST_AFTER_MISSES = 60;
const PASSED_ON = { retryAfterMs: 0, reason: "an older release passed it on unread" };
const NO_ROOM = { retryAfterMs: 0, reason: "there was no room in memory in time" };
const GONE = { retryAfterMs: 0, reason: "the blob of the claim check is gone" };

/** From this try on a work item is gone through event by event. */
const APART_FROM_TRY = 5;

/**
 * A work item's own time. Each of its steps has a deadline as well, and so it ends long before `functionTimeout`
 * (host.json), at which the host ends its worker with all the other work in hand.
 */
const WORK_MS = 60_000;

/**
 * Persists a work item. Unsettled frames are put back, by org; so is what only a newer release can read, and all that
 * is left when the time is over. Throws on a defect, and when even putting back fails. Then the host tries again.
 *
 * From the 5th try on it goes event by event: events that can be stored are stored, those that fail for an unknown
 * reason are quarantined with it, and a frame that fails is put back without the others.
 *
 * @param tries the host's dequeue count of this message, this try included
 */
export async function persistWorkItem(
  deps: PersistDeps,
  text: string,
  tries: number,
  log: Logger,
  deadline = startDeadline(WORK_MS),
): Promise<void> {
  const newer = readNewerWorkItem(text);
  if (newer) {
    reached("work-item-of-newer-release");
    await deps.queue.put(newer.again, delayOfNewer(newer.attempt), laneAfter(deps.lane, newer.attempt));
    return deps.tellNewer("work_item", newer.version, log);
  }
  const reach = tries < APART_FROM_TRY ? together : apart;
  if (reach === apart) log.error("a work item was tried again and again; it is gone through event by event", { tries });
  const quarantine = createQuarantine(deps.quarantine, deps.claims, deadline);
  const item = await readWorkItem(quarantine, text, log);
  if (!item) return;
  const progress = new Set<string>();
  const closed: Slot[] = [];
  const options = {
    deadline,
    isAgain: item.attempt > 0,
    onProgress: (orgId: string) => progress.add(orgId),
    onClosed: (slot: Slot) => closed.push(slot),
  };
  const memory = await takeInTime(deps.memory, bytesOfAll(item.frames), deadline);
  let results: readonly FrameResult[];
  try {
    results = memory
      ? await settleFrames({ ...deps, quarantine }, item.frames, reach, log, options)
      : item.frames.map((frame) => leaveOpen(frame, NO_ROOM));
  } finally {
    memory?.giveBack();
  }
  await putBack(deps.queue, { attempt: item.attempt, lane: deps.lane, progress }, results, log);
  for (const result of results)
    if (result.status === "open" && result.newer) await deps.tellNewer(result.newer.format, result.newer.version, log);
  await mergeSome(deps.ledger, closed, deadline, log, deps.merging);
}

/** A text that is not a work item goes to quarantine as it is. */
async function readWorkItem(quarantine: Quarantine, text: string, log: Logger): Promise<WorkItem | undefined> {
  try {
    return decodeWorkItem(text);
  } catch (error) {
    reached("work-item-unreadable");
    log.error("a message of the work queue cannot be read; it goes to quarantine as it is", {
      bytes: text.length,
      error,
    });
  }
  const kept = await quarantine.keepBytes(`work queue: ${text}`, Buffer.from(text));
  if (kept.status === "unavailable") {
    reached("quarantine-away");
    throw new Error("the quarantine does not answer; the message is tried again");
  }
  return undefined;
}

type SettleDeps = CloseDeps & Pick<PersistDeps, "events">;

/** Gives each event of these frames its one outcome. One result for each frame, in order. */
async function settleFrames(
  deps: SettleDeps,
  frames: readonly Frame[],
  reach: Reach,
  log: Logger,
  options: SettleOptions & CloseOptions,
): Promise<FrameResult[]> {
  const { settle, guard } = reach;
  const opened = await Promise.all(frames.map((frame) => guard(frame, openEnvelope(deps, frame, log), log)));
  const documents = withoutCopies(opened.flatMap((one) => ("items" in one ? documentsOf(one) : [])));
  const settlements = await settle(deps.events, documents, log, options);
  const closed = await Promise.all(
    opened.map((one) => ("items" in one ? guard(one.frame, closeEnvelope(deps, one, settlements), log) : one)),
  );
  const results = await closeFrames(deps, closed, reach, log, options);
  for (const [i, frame] of frames.entries())
    if (results[i]?.status === "settled") options.onProgress(headOf(frame)?.org_id ?? SERVICE_ORG_ID);
  return results;
}

/** Closes the accounts of those that are to be closed, together or each for itself. */
async function closeFrames(
  deps: SettleDeps,
  frames: readonly (FrameResult | Closing)[],
  { alone, guard }: Reach,
  log: Logger,
  options: CloseOptions,
): Promise<FrameResult[]> {
  const closings = frames.filter((one) => one.status === "closing");
  const closeOne = async (one: Closing): Promise<FrameResult> => {
    const [result] = await closeAccounts(deps, [one], options);
    return result ?? SETTLED;
  };
  const results = alone
    ? await Promise.all(closings.map((one) => guard(one.frame, closeOne(one), log)))
    : await closeAccounts(deps, closings, options);
  const byClosing = new Map(closings.map((one, i) => [one, results[i]]));
  return frames.map((one) => (one.status === "closing" ? (byClosing.get(one) ?? SETTLED) : one));
}

/**
 * Each event once, though its envelope came twice: two decisions about one event at the same time may differ, when what
 * stands under its id expires between them.
 */
function withoutCopies(documents: readonly EventDocument[]): EventDocument[] {
  const byMark = new Map(documents.map((document) => [markOf(document.receipt_id, document.index), document]));
  if (byMark.size < documents.length) reached("envelope-twice-in-work-item");
  return [...byMark.values()];
}

/** Waits for room until the time is over; undefined then, and what comes later is given back. */
async function takeInTime(
  memory: MemoryBudget,
  bytes: number,
  deadline: Deadline,
): Promise<Pick<MemoryLease, "giveBack"> | undefined> {
  const taking = memory.take(bytes);
  try {
    return await withDeadline(deadline.leftMs(), () => taking);
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    reached("no-room-for-work-item");
    void taking.then((lease) => lease.giveBack());
    return undefined;
  }
}

const bytesOfAll = (frames: readonly Frame[]): number => frames.reduce((sum, frame) => sum + bytesOf(frame), 0);

/** The memory that a frame takes. */
function bytesOf(frame: Frame): number {
  if ("head" in frame) return frame.head.bytes;
  return frame.kind === "newer" ? frame.encoded.length : frame.body.length;
}

/** Loads an envelope. Settles at once an envelope that is settled already, and one that nobody will ever read. */
async function openEnvelope(deps: CloseDeps, frame: Frame, log: Logger): Promise<OpenEnvelope | FrameResult | Closing> {
  const loaded = await loadEnvelope(deps, frame);
  switch (loaded.is) {
    case "open":
      return loaded;
    case "closed":
      await deleteClaim(deps.claims, frame);
      return SETTLED;
    case "missing":
      return missClaim(deps, loaded.frame, log);
    case "damaged": {
      const { org_id, receipt_id } = loaded.frame.head;
      log.error("an envelope cannot be read; it goes to quarantine as it is", {
        org_id,
        receipt_id,
        error: loaded.error,
      });
      return giveUpEnvelope(deps, loaded.frame, "unreadable_envelope", loaded.body);
    }
    case "unreadable":
      return keepUnreadable(deps, frame, loaded);
    case "newer":
      return leaveToNewer(frame, { format: "frame", version: loaded.version });
    case "passed on":
      return leaveOpen(loaded.frame, PASSED_ON);
  }
}

/**
 * A claim check whose blob is gone is waited for, and given up in the end. Only tries in which the store said so count,
 * not how often the work was put back: an outage may have lasted for days before.
 */
async function missClaim(deps: CloseDeps, frame: ClaimFrame, log: Logger): Promise<FrameResult | Closing> {
  const { head, missed = 0 } = frame;
  const again = missed < LOST_AFTER_MISSES ? leaveOpen({ ...frame, missed: missed + 1 }, GONE) : undefined;
  if (head.org_id === SERVICE_ORG_ID) return again ?? SETTLED;
  // Another delivery may have settled the envelope and deleted the blob since the look at the ledger, or before it, if
  // the replica lagged that was asked. Nothing else would keep its events out of quarantine.
  const { org_id, receipt_id } = head;
  if (await deps.ledger.readLatestEntry(org_id, slotOf(receipt_id), receipt_id)) {
    reached("claim-gone-since-settled");
    return SETTLED;
  }
  log.error("the blob of a claim check is gone", { org_id, receipt_id, missed });
  if (again) return again;
  reached("claim-given-up");
  return giveUpEnvelope(deps, frame, "lost_claim_check", undefined);
}

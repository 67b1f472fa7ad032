import { type Frame, headOf } from "../envelope/frame.ts";
import { reached } from "../runtime/reached.ts";
import type { Logger } from "../telemetry/log.ts";
import { type FrameResult, leaveOpen, waitOut } from "./frame-result.ts";
import { type SettleEvents, settleOneByOne, settleTogether } from "./settle-events.ts";

/** How far a fault of an unknown kind reaches in a work item. */
export interface Reach {
  readonly settle: SettleEvents;
  /** Whether accounts are closed each for itself. */
  readonly alone: boolean;
  /** Work on one frame: an outside fault leaves it open. */
  readonly guard: <T>(frame: Frame, work: Promise<T | FrameResult>, log: Logger) => Promise<T | FrameResult>;
}

/** To the whole work item: it is tried again. */
export const together: Reach = { settle: settleTogether, alone: false, guard: orLeaveOpen };

/**
 * To one event, which goes to quarantine with it, or to one frame, which is held until it can be settled. No other
 * waits for them.
 */
export const apart: Reach = { settle: settleOneByOne, alone: true, guard: orLeaveOpenForAnyReason };

/** A fault that the store reports is an outside fault: the frame is tried again. */
function orLeaveOpen<T>(frame: Frame, work: Promise<T | FrameResult>): Promise<T | FrameResult> {
  return waitOut(work, (wait) => leaveOpen(frame, wait));
}

async function orLeaveOpenForAnyReason<T>(
  frame: Frame,
  work: Promise<T | FrameResult>,
  log: Logger,
): Promise<T | FrameResult> {
  try {
    return await orLeaveOpen(frame, work);
  } catch (error) {
    reached("envelope-fails-alone");
    const head = headOf(frame);
    log.error("an envelope cannot be settled for an unknown reason; it is put back", {
      org_id: head?.org_id,
      receipt_id: head?.receipt_id,
      error,
    });
    return leaveOpen(frame, { retryAfterMs: 0, reason: String(error) });
  }
}

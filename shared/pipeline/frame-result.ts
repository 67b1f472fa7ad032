import { type Frame, headOf } from "../envelope/frame.ts";
import type { EnvelopeHead } from "../envelope/frame-head.ts";
import { AppError } from "../errors.ts";
import { SERVICE_ORG_ID } from "../identity/org-id.ts";
import type { LedgerEntry } from "../ledger/ledger-entry.ts";
import { reached } from "../runtime/reached.ts";
import type { Format } from "../store/formats.ts";
import type { Wait } from "../store/write-result.ts";

/** What to do with a frame next: nothing, or try it again. */
export type FrameResult =
  | { readonly status: "settled" }
  | ({ readonly status: "open"; readonly frame: Frame; readonly orgId: string; readonly newer?: Newer } & Wait);

/** What only a newer release can read. */
export interface Newer {
  readonly format: Format;
  readonly version: number;
}

/** An envelope of which every event has its outcome, and whose account is to be closed by this entry. */
export interface Closing {
  readonly status: "closing";
  readonly frame: HeadedFrame;
  readonly entry: LedgerEntry;
}

/** A frame whose org, receipt and number of events are known. */
export type HeadedFrame = Frame & { readonly head: EnvelopeHead };

export const SETTLED: FrameResult = { status: "settled" };

/** The result of a frame that an outside fault kept from being settled: it is put back. */
export function leaveOpen(frame: Frame, { retryAfterMs, reason }: Wait): FrameResult {
  const orgId = headOf(frame)?.org_id ?? SERVICE_ORG_ID;
  return { status: "open", frame, orgId, retryAfterMs, reason };
}

/** The result of a frame that waits for an instance of a newer release. */
export function leaveToNewer(frame: Frame, newer: Newer): FrameResult {
  const orgId = headOf(frame)?.org_id ?? SERVICE_ORG_ID;
  return { status: "open", frame, orgId, newer, retryAfterMs: 0, reason: "a newer release wrote it" };
}

/** `store_unavailable` is an outside fault, and waited out. Any other error is a defect, and goes up. */
export async function waitOut<T>(work: Promise<T>, otherwise: (wait: Wait) => T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AppError && error.code === "store_unavailable") {
      reached("store-waited-out");
      const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
      return otherwise({
        retryAfterMs: (error.retryAfter ?? 0) * 1000,
        reason: `${error.message}${cause}`.slice(0, 300),
      });
    }
    throw error;
  }
}

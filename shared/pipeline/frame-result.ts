import type { EnvelopeHead, Frame } from "../envelope/frame.ts";
import { AppError } from "../errors.ts";
import { SERVICE_ORG_ID } from "../identity/org-id.ts";
import type { Wait } from "../store/write-result.ts";

/** What to do with a frame next: nothing, or try it again. */
export type FrameResult =
  | { readonly status: "settled" }
  | ({ readonly status: "open"; readonly frame: Frame; readonly orgId: string } & Wait);

/** A frame whose org, receipt and number of events are known. */
export type HeadedFrame = Frame & { readonly head: EnvelopeHead };

export const SETTLED: FrameResult = { status: "settled" };

/** The result of a frame that an outside fault kept from being settled: it is put back. */
export function leaveOpen(frame: Frame, { retryAfterMs, reason }: Wait): FrameResult {
  const orgId = frame.kind === "unreadable" ? SERVICE_ORG_ID : frame.head.org_id;
  return { status: "open", frame, orgId, retryAfterMs, reason };
}

/** `store_unavailable` is an outside fault, and waited out. Any other error is a defect, and goes up. */
export async function waitOut<T>(work: Promise<T>, otherwise: (wait: Wait) => T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AppError && error.code === "store_unavailable") {
      const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
      return otherwise({
        retryAfterMs: (error.retryAfter ?? 0) * 1000,
        reason: `${error.message}${cause}`.slice(0, 300),
      });
    }
    throw error;
  }
}

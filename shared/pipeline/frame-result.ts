import type { ClaimStore } from "../envelope/claim-store.ts";
import type { EnvelopeHead, Frame } from "../envelope/frame.ts";
import { AppError } from "../errors.ts";
import { SERVICE_ORG_ID } from "../identity/org-id.ts";
import { type EventOutcome, makeLedgerEntry } from "../ledger/ledger-entry.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import type { Wait } from "../store/write-result.ts";

/** What to do with a frame next: nothing, or try it again. */
export type FrameResult =
  | { readonly status: "settled" }
  | ({ readonly status: "open"; readonly frame: Frame; readonly orgId: string } & Wait);

/** A frame whose org, receipt and number of events are known. */
export type HeadedFrame = Frame & { readonly head: EnvelopeHead };

/** The result of a frame that something outside kept from being settled: it is put back. */
export function leaveOpen(frame: Frame, { retryAfterMs, reason }: Wait): FrameResult {
  const orgId = frame.kind === "unreadable" ? SERVICE_ORG_ID : frame.head.org_id;
  return { status: "open", frame, orgId, retryAfterMs, reason };
}

/** What a store says by `store_unavailable` is the world's fault, and waited out. Any other error is a defect, and goes up. */
export async function waitOut<T>(work: () => Promise<T>, otherwise: (wait: Wait) => T): Promise<T> {
  try {
    return await work();
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

/** Closes the account of an envelope, and only then lets go of its claim check. */
export async function closeEnvelope(
  ledger: LedgerStore,
  claims: ClaimStore,
  frame: HeadedFrame,
  outcomes: readonly EventOutcome[],
): Promise<FrameResult> {
  const result = await ledger.createEntry(makeLedgerEntry(frame.head.org_id, frame.head.receipt_id, outcomes));
  if (result.status === "unavailable") return leaveOpen(frame, result);
  if (result.status === "refused") throw new Error(`the ledger refuses an entry: ${result.reason}`);
  await deleteClaim(claims, frame);
  return { status: "settled" };
}

/** Lets go of a frame's claim check, if it has one. Never throws. */
export async function deleteClaim(claims: ClaimStore, frame: Frame): Promise<void> {
  if (frame.kind !== "claim") return;
  try {
    await claims.delete(frame.blob);
  } catch {
    // Only room is lost: the account's lifecycle rule deletes blobs that were left.
  }
}

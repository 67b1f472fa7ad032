import type { ClaimStore } from "../envelope/claim-store.ts";
import { type EnvelopeItem, unpackContent } from "../envelope/content.ts";
import { decodeFrame, type EnvelopeHead, type Frame } from "../envelope/frame.ts";
import { AppError, type EventProblemCode } from "../errors.ts";
import { SERVICE_ORG_ID } from "../identity/org-id.ts";
import type { EventOutcome } from "../ledger/ledger-entry.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import type { Quarantine } from "../quarantine/quarantine.ts";
import { slotOf } from "../receipt/receipt-id.ts";
import type { Logger } from "../telemetry/log.ts";
import { closeEnvelope, deleteClaim, type FrameResult, type HeadedFrame, leaveOpen } from "./frame-result.ts";

export interface LoadDeps {
  readonly ledger: LedgerStore;
  readonly claims: ClaimStore;
  readonly quarantine: Quarantine;
}

/** An envelope that is unpacked and not settled yet. */
export interface OpenEnvelope {
  readonly frame: HeadedFrame;
  readonly head: EnvelopeHead;
  readonly items: readonly EnvelopeItem[];
}

/** About four hours of growing delays, in which nothing but the blob is missing: one that has not come back by then was deleted. */
const LOST_AFTER_MISSES = 60;
type ClaimFrame = HeadedFrame & { readonly kind: "claim" };
const GONE = { retryAfterMs: 0, reason: "the blob of the claim check is gone" };

/** Fetches and unpacks an envelope. Settles at once what is settled already, and what nobody will ever read. */
export async function loadEnvelope(deps: LoadDeps, frame: Frame, log: Logger): Promise<OpenEnvelope | FrameResult> {
  if (frame.kind === "unreadable") return keepUnreadable(deps.quarantine, frame);
  if (frame.head.org_id === SERVICE_ORG_ID) return loadUnreadable(deps, frame);
  if (await isSettled(deps.ledger, frame.head)) {
    await deleteClaim(deps.claims, frame);
    return { status: "settled" };
  }
  if (frame.kind === "inline") return unpack(deps, frame, frame.body, log);
  const body = await fetchBody(deps.claims, frame.blob);
  return body ? unpack(deps, frame, body, log) : missClaim(deps, frame, log);
}

async function isSettled(ledger: LedgerStore, head: EnvelopeHead): Promise<boolean> {
  return (await ledger.readEntry(head.org_id, slotOf(head.receipt_id), head.receipt_id)) !== undefined;
}

async function unpack(
  deps: LoadDeps,
  frame: HeadedFrame,
  body: Buffer,
  log: Logger,
): Promise<OpenEnvelope | FrameResult> {
  const { head } = frame;
  try {
    const items = await unpackContent(body);
    if (items.length !== head.events)
      throw new RangeError(`the envelope has ${items.length} events, its head says ${head.events}`);
    return { frame, head, items };
  } catch (error) {
    log.error("an envelope cannot be read; it goes to quarantine as it is", {
      org_id: head.org_id,
      receipt_id: head.receipt_id,
      error,
    });
    return giveUp(deps, frame, "unreadable_envelope", body);
  }
}

async function missClaim(deps: LoadDeps, frame: ClaimFrame, log: Logger): Promise<FrameResult> {
  // Another delivery may have settled the envelope and deleted the blob since the look at the ledger.
  if (await isSettled(deps.ledger, frame.head)) return { status: "settled" };
  log.error("the blob of a claim check is gone", {
    org_id: frame.head.org_id,
    receipt_id: frame.head.receipt_id,
    missed: frame.missed ?? 0,
  });
  return missAgain(frame) ?? giveUp(deps, frame, "lost_claim_check", undefined);
}

/** Only what was said of the blob counts, and not how often the work was put back: an outage may have lasted for days before. */
function missAgain(frame: ClaimFrame): FrameResult | undefined {
  const missed = (frame.missed ?? 0) + 1;
  return missed <= LOST_AFTER_MISSES ? leaveOpen({ ...frame, missed }, GONE) : undefined;
}

/** Quarantines a whole envelope that will never be read: one document, and an outcome for each event that it had. */
async function giveUp(
  deps: LoadDeps,
  frame: HeadedFrame,
  code: EventProblemCode,
  body: Buffer | undefined,
): Promise<FrameResult> {
  const { org_id: orgId, receipt_id: receiptId, events } = frame.head;
  const kept = await deps.quarantine.keepEnvelope(orgId, receiptId, code, body);
  if (kept.status === "unavailable") return leaveOpen(frame, kept);
  const outcomes = Array.from({ length: events }, (): EventOutcome => ({ outcome: "quarantined", code }));
  return closeEnvelope(deps.ledger, deps.claims, frame, outcomes);
}

async function fetchBody(claims: ClaimStore, blob: string): Promise<Buffer | undefined> {
  const bytes = await fetchClaim(claims, blob);
  try {
    const inner = bytes && decodeFrame(bytes);
    return inner?.kind === "inline" ? inner.body : bytes;
  } catch {
    // Unpacking fails next, and quarantines it as it is.
    return bytes;
  }
}

async function fetchClaim(claims: ClaimStore, blob: string): Promise<Buffer | undefined> {
  try {
    return await claims.get(blob);
  } catch (cause) {
    throw new AppError("store_unavailable", "the blobs of claim checks cannot be read", { cause, retryAfter: 1 });
  }
}

async function keepUnreadable(quarantine: Quarantine, frame: Frame & { kind: "unreadable" }): Promise<FrameResult> {
  const result = await quarantine.keepBytes(frame.source, frame.body);
  return result.status === "unavailable" ? leaveOpen(frame, result) : { status: "settled" };
}

/** A message that nobody can read and no queue message can hold: its claim check belongs to no org. */
async function loadUnreadable(deps: LoadDeps, frame: HeadedFrame): Promise<FrameResult> {
  // Without a blob and without a receipt there is nothing left to account for.
  if (frame.kind !== "claim") return { status: "settled" };
  const bytes = await fetchClaim(deps.claims, frame.blob);
  if (!bytes) return missAgain(frame) ?? { status: "settled" };
  const inner = decodeFrame(bytes);
  const kept = inner.kind === "unreadable" ? await deps.quarantine.keepBytes(inner.source, inner.body) : undefined;
  if (kept?.status === "unavailable") return leaveOpen(frame, kept);
  await deleteClaim(deps.claims, frame);
  return { status: "settled" };
}

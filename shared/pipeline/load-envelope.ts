import type { ClaimStore } from "../envelope/claim-store.ts";
import { type EnvelopeItem, isKnownContent, unpackContent } from "../envelope/content.ts";
import { decodeFrame, type Frame } from "../envelope/frame.ts";
import type { EnvelopeHead } from "../envelope/frame-head.ts";
import { AppError } from "../errors.ts";
import { documentIdOf } from "../event/document-id.ts";
import type { EventDocument } from "../event/event-store.ts";
import { SERVICE_ORG_ID } from "../identity/org-id.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import { readReceipt, slotOf } from "../receipt/receipt-id.ts";
import { reached } from "../runtime/reached.ts";
import { formats } from "../store/formats.ts";
import type { HeadedFrame } from "./frame-result.ts";

export interface LoadDeps {
  readonly ledger: LedgerStore;
  readonly claims: ClaimStore;
}

/** An unpacked envelope that is not settled yet. */
export interface OpenEnvelope {
  readonly frame: HeadedFrame;
  readonly items: readonly EnvelopeItem[];
}

export type ClaimFrame = HeadedFrame & { readonly kind: "claim" };

/**
 * The state in which a frame is found. `closed`: its account is closed already, or there is none to close. `missing`:
 * the blob of its claim check is gone. `damaged`: an envelope with a body that cannot be unpacked. `unreadable`: bytes
 * that are not an envelope. `newer`: only a newer release can read it. `passed on`: an older release could not read it
 * and put it into a blob; `frame` is the claim check that it would have made otherwise.
 */
export type Loaded =
  | ({ readonly is: "open" } & OpenEnvelope)
  | { readonly is: "closed" }
  | { readonly is: "missing"; readonly frame: ClaimFrame }
  | { readonly is: "damaged"; readonly frame: HeadedFrame; readonly body: Buffer; readonly error: unknown }
  | { readonly is: "unreadable"; readonly source: string; readonly body: Buffer }
  | { readonly is: "newer"; readonly version: number }
  | { readonly is: "passed on"; readonly frame: ClaimFrame };

/**
 * Fetches and unpacks an envelope, unless its account is closed. Changes nothing. Throws AppError `store_unavailable`.
 */
export async function loadEnvelope({ ledger, claims }: LoadDeps, frame: Frame): Promise<Loaded> {
  if (frame.kind === "unreadable") return { is: "unreadable", source: frame.source, body: frame.body };
  if (frame.kind === "newer") return { is: "newer", version: frame.version };
  if (frame.head.org_id === SERVICE_ORG_ID) return loadUnreadable(claims, frame);
  // It may be closed although a replica that lags does not know it yet. Then all that follows meets what is there.
  if (await isClosed(ledger, frame.head)) {
    reached("envelope-closed-before");
    return { is: "closed" };
  }
  if (frame.kind === "inline") return unpack(frame, frame);
  const bytes = await fetchClaim(claims, frame.blob);
  return bytes ? openClaim(frame, bytes) : { is: "missing", frame };
}

async function isClosed(ledger: LedgerStore, { org_id, receipt_id }: EnvelopeHead): Promise<boolean> {
  return (await ledger.readEntry(org_id, slotOf(receipt_id), receipt_id)) !== undefined;
}

/** The events of an envelope, as they are stored. */
export function documentsOf({ frame, items }: OpenEnvelope): EventDocument[] {
  const { org_id, receipt_id } = frame.head;
  const received_at = new Date(readReceipt(receipt_id).receivedAt).toISOString();
  return items.flatMap((item, index) =>
    "e" in item ? [{ ...item.e, id: documentIdOf(item.e.event_id), org_id, received_at, receipt_id, index }] : [],
  );
}

/** A message that nobody can read and no queue message can hold: its claim check belongs to no org. */
async function loadUnreadable(claims: ClaimStore, frame: HeadedFrame): Promise<Loaded> {
  // Without a blob and a receipt, nothing is left to account for.
  if (frame.kind !== "claim") return { is: "closed" };
  const bytes = await fetchClaim(claims, frame.blob);
  if (!bytes) return { is: "missing", frame };
  const inner = decodeFrame(bytes);
  switch (inner.kind) {
    case "unreadable":
      return { is: "unreadable", source: inner.source, body: inner.body };
    case "newer":
      return { is: "newer", version: inner.version };
    case "inline":
      reached("envelope-passed-on-unread");
      return { is: "passed on", frame: { kind: "claim", head: inner.head, blob: frame.blob } };
    case "claim":
      return { is: "closed" };
  }
}

interface Packed {
  readonly body: Buffer;
  readonly damaged?: true;
}

async function unpack(frame: HeadedFrame, { body, damaged }: Packed): Promise<Loaded> {
  try {
    if (damaged) throw new RangeError("the envelope is not as it was written");
    const items = await unpackContent(body);
    if (items.length !== frame.head.events)
      throw new RangeError(`the envelope has ${items.length} events, its head says ${frame.head.events}`);
    if (!isKnownContent(items)) {
      reached("content-of-newer-release");
      return { is: "newer", version: formats.frame.writes };
    }
    return { is: "open", frame, items };
  } catch (error) {
    reached("envelope-damaged");
    return { is: "damaged", frame, body, error };
  }
}

/** Unpacks the frame that a blob holds. A blob that is no such frame is taken as it is: unpacking fails. */
function openClaim(frame: ClaimFrame, bytes: Buffer): Promise<Loaded> | Loaded {
  try {
    const inner = decodeFrame(bytes);
    if (inner.kind === "newer") return { is: "newer", version: inner.version };
    if (inner.kind === "inline") return unpack(frame, inner);
  } catch {
    // As for any other bytes.
  }
  return unpack(frame, { body: bytes });
}

async function fetchClaim(claims: ClaimStore, blob: string): Promise<Buffer | undefined> {
  try {
    return await claims.get(blob);
  } catch (cause) {
    reached("claim-not-read");
    throw new AppError("store_unavailable", "the blobs of claim checks cannot be read", { cause, retryAfter: 1 });
  }
}

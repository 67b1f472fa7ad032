import { AppError, type EventProblemCode } from "../errors.ts";
import type { Principal } from "../identity/principal.ts";
import { ENTRY_TTL, type LedgerEntry } from "../ledger/ledger-entry.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import type { KeyRing } from "../receipt/key-ring.ts";
import { slotOf, verifyReceipt } from "../receipt/receipt-id.ts";
import { reached } from "../runtime/reached.ts";
import { readable } from "../store/formats.ts";

export type ReceiptView = {
  readonly receipt_id: string;
  readonly received_at: string;
  readonly accepted: number;
} & (
  | { readonly status: "pending" }
  | {
      readonly status: "settled";
      readonly stored: number;
      readonly duplicate: number;
      readonly quarantined: number;
      /** The events that were not simply stored, by index. */
      readonly results: readonly {
        readonly index: number;
        readonly result: "duplicate" | "quarantined";
        readonly code: EventProblemCode | null;
      }[];
    }
);

/**
 * The outcome of a batch. Throws AppError `receipt_not_found`, for a forged id, another org's and one of long ago, or
 * `store_unavailable`, also where only a newer release can tell.
 */
export async function queryReceipt(
  deps: { readonly ledger: LedgerStore; readonly keys: KeyRing },
  principal: Principal,
  receiptId: string,
  now = Date.now(),
): Promise<ReceiptView> {
  const receipt = verifyReceipt(deps.keys, principal.orgId, receiptId);
  if (!receipt) throw new AppError("receipt_not_found", "no batch of this org has this receipt");
  const entry = await deps.ledger.readEntry(principal.orgId, slotOf(receiptId), receiptId);
  if (!entry && now - receipt.receivedAt > ENTRY_TTL * 1000) {
    reached("receipt-of-long-ago");
    throw new AppError("receipt_not_found", "what became of a batch is kept for 400 days");
  }
  const known = {
    receipt_id: receiptId,
    received_at: new Date(receipt.receivedAt).toISOString(),
    accepted: receipt.events,
  };
  return entry
    ? { ...known, status: "settled", ...settledView(readable("entry", entry)) }
    : { ...known, status: "pending" };
}

function settledView({ outcomes: [stored, duplicate, quarantined], not_stored }: LedgerEntry) {
  const results = not_stored.flatMap(({ outcome, code, ranges }) =>
    ranges.flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, i) => ({ index: first + i, result: outcome, code })),
    ),
  );
  return { stored, duplicate, quarantined, results: results.sort((a, b) => a.index - b.index) };
}

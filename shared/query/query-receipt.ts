import { AppError, type EventProblemCode } from "../errors.ts";
import type { Principal } from "../identity/principal.ts";
import { type Adjustment, type AdjustmentKind, outcomeAt } from "../ledger/adjustment.ts";
import { ENTRY_TTL, type LedgerEntry } from "../ledger/ledger-entry.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import {
  addOutcomes,
  nameOutcomes,
  type OutcomeCounts,
  type OutcomeName,
  type OutcomesByName,
} from "../ledger/outcome-counts.ts";
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
  | (OutcomesByName & {
      readonly status: "settled";
      /** The events that were not simply stored, and those that were adjusted later, by index. */
      readonly results: readonly EventResult[];
    })
);

interface EventResult {
  readonly index: number;
  readonly result: OutcomeName;
  /** Why it was not stored, when its batch was settled. */
  readonly code: EventProblemCode | null;
  /** What has become of it since then, the last of it; not where nothing has. */
  readonly adjusted?: AdjustmentKind;
}

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
  if (!entry) return { ...known, status: "pending" };
  const adjustments = await deps.ledger.findAdjustments(principal.orgId, slotOf(receiptId), receiptId);
  const own = adjustments.map((adjustment) => readable("adjustment", adjustment));
  return { ...known, status: "settled", ...settledView(readable("entry", entry), own) };
}

function settledView(entry: LedgerEntry, adjustments: readonly Adjustment[]) {
  const results = new Map(resultsOf(entry).map((result) => [result.index, result]));
  for (const { index } of adjustments) {
    const { code } = results.get(index) ?? { code: null };
    results.set(index, { index, result: outcomeAt(entry, adjustments, index), code, ...lastOf(adjustments, index) });
  }
  const counts = adjustments.reduce<OutcomeCounts>((sum, { outcomes }) => addOutcomes(sum, outcomes), entry.outcomes);
  return { ...nameOutcomes(counts), results: [...results.values()].sort((a, b) => a.index - b.index) };
}

function resultsOf({ not_stored }: LedgerEntry): EventResult[] {
  return not_stored.flatMap(({ outcome, code, ranges }) =>
    ranges.flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, i) => ({ index: first + i, result: outcome, code })),
    ),
  );
}

/** The one that no other goes on from. */
function lastOf(adjustments: readonly Adjustment[], index: number): { readonly adjusted?: AdjustmentKind } {
  const own = adjustments.filter((adjustment) => adjustment.index === index);
  const last = own.find(({ to }) => own.every(({ from }) => from !== to));
  return last ? { adjusted: last.what } : {};
}

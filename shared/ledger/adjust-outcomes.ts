import { slotOf } from "../receipt/receipt-id.ts";
import type { Deadline } from "../runtime/deadline.ts";
import { readable } from "../store/formats.ts";
import type { WriteResult } from "../store/write-result.ts";
import { type Adjustment, adjustmentId, isWay, type Move, makeAdjustment, outcomeAt } from "./adjustment.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { settleEntries } from "./settle-entries.ts";

const NOT_SETTLED: WriteResult = {
  status: "unavailable",
  retryAfterMs: 1_000,
  reason: "the receipt is not settled, or not seen as settled yet",
};

/** What the ledger says of a receipt. */
interface Settled {
  readonly entry: LedgerEntry | undefined;
  readonly adjustments: readonly Adjustment[];
}

/**
 * Moves events of settled receipts from one outcome to another, in the account, the counts and the receipts. Each move
 * is counted once, however often it is said: its id follows from receipt, index and kind. One result for each, in
 * order; `written` also where it was said before, `refused` where the event is not where such a move begins.
 *
 * It only counts. Who may move an event is decided before, by the one document that every such act takes away or
 * replaces under its ETag: two different moves of one event at once are not told apart here. Throws AppError
 * `store_unavailable`.
 */
export async function adjustOutcomes(
  store: LedgerStore,
  orgId: string,
  moves: readonly Move[],
  deadline?: Deadline,
): Promise<WriteResult[]> {
  const receipts = [...new Set(moves.map(({ receiptId }) => receiptId))];
  const read = async (receiptId: string) => [receiptId, await readSettled(store, orgId, receiptId)] as const;
  const settled = new Map(await Promise.all(receipts.map(read)));
  const decided = moves.map((move) => decide(orgId, move, settled.get(move.receiptId)));
  const made = decided.filter((one) => "kind" in one);
  const results = await settleEntries(store, made, deadline);
  return decided.map((one) => ("kind" in one ? (results[made.indexOf(one)] ?? NOT_SETTLED) : one));
}

/**
 * As any instance has left it: another look, a moment behind, would begin where an earlier move began. Then the
 * adjustments, none of which is missing.
 */
async function readSettled(store: LedgerStore, orgId: string, receiptId: string): Promise<Settled> {
  const slot = slotOf(receiptId);
  const entry = await store.readLatestEntry(orgId, slot, receiptId);
  const adjustments = entry ? await store.findAdjustments(orgId, slot, receiptId) : [];
  return {
    entry: entry && readable("entry", entry),
    adjustments: adjustments.map((adjustment) => readable("adjustment", adjustment)),
  };
}

function decide(
  orgId: string,
  move: Move,
  { entry, adjustments }: Settled = { entry: undefined, adjustments: [] },
): Adjustment | WriteResult {
  if (!entry) return NOT_SETTLED;
  if (adjustments.some(({ id }) => id === adjustmentId(move))) return { status: "written" };
  const from = outcomeAt(entry, adjustments, move.index);
  if (isWay(move, from)) return makeAdjustment(orgId, move, from);
  return { status: "refused", reason: `an event that is ${from} cannot be ${move.what}` };
}

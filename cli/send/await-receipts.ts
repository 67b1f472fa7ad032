import { type ApiOptions, callApi, type Problem, wait } from "../call-api.ts";
import { toCount } from "./send-batches.ts";
import type { ReceiptRef, Tally } from "./tally.ts";

export interface AwaitOptions {
  readonly api: ApiOptions;
  readonly concurrency: number;
  readonly keyFor: (org: string) => Promise<string>;
  readonly tally: Tally;
  /** Milliseconds without any receipt settling after which waiting ends. */
  readonly patienceMs: number;
  readonly onProgress?: () => void;
}

const firstPauseMs = 100;
const longestPauseMs = 2_000;

/**
 * Asks for all receipts, again and again, until each is settled; counts their outcomes. Gives those that had not
 * settled when nothing moved any more for `patienceMs`.
 */
export async function awaitReceipts(options: AwaitOptions): Promise<ReceiptRef[]> {
  let left: ReceiptRef[] = [...options.tally.receipts];
  let moved = Date.now();
  let pause = firstPauseMs;
  while (left.length > 0) {
    const still = await askForReceipts(left, options);
    if (still.length < left.length) {
      moved = Date.now();
      pause = firstPauseMs;
    }
    left = still;
    if (left.length === 0 || Date.now() - moved > options.patienceMs) break;
    await wait(pause, options.api.signal);
    pause = Math.min(longestPauseMs, pause * 1.5);
  }
  return left;
}

/**
 * One round over all receipts; returns those that have not settled. Receipts settle roughly in the order in which they
 * were made. So a round ends early once many in a row are pending: asking for the later ones would be in vain.
 */
export async function askForReceipts(receipts: readonly ReceiptRef[], options: AwaitOptions): Promise<ReceiptRef[]> {
  const still: ReceiptRef[] = [];
  let next = 0;
  let pendingInARow = 0;
  const asker = async (): Promise<void> => {
    while (next < receipts.length && pendingInARow < options.concurrency * 2) {
      const receipt = receipts[next++];
      if (!receipt) return;
      const settled = await askFor(receipt, options);
      pendingInARow = settled ? 0 : pendingInARow + 1;
      if (!settled) still.push(receipt);
      else options.onProgress?.();
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, asker));
  return [...still, ...receipts.slice(next)];
}

async function askFor(receipt: ReceiptRef, options: AwaitOptions): Promise<boolean> {
  const apiKey = await options.keyFor(receipt.org);
  const path = `/api/v1/receipts/${encodeURIComponent(receipt.receiptId)}`;
  const answer = await callApi({ method: "GET", path, apiKey }, options.api);
  const counts = options.tally.of(receipt.org);
  const fail = (problem: Problem): void => {
    options.tally.failures.push({ where: `receipt ${receipt.receiptId}`, events: receipt.accepted, problem });
  };
  if (!answer.ok) {
    fail(answer.problem);
    return true;
  }
  const { status, stored, duplicate, quarantined } = answer.body;
  if (status !== "settled") return false;
  const sum = toCount(stored) + toCount(duplicate) + toCount(quarantined);
  if (sum !== receipt.accepted) {
    const detail = `${receipt.accepted} events were accepted, and ${sum} are accounted for`;
    fail({ status: 0, code: "receipt_does_not_add_up", detail });
  }
  counts.stored += toCount(stored);
  counts.duplicate += toCount(duplicate);
  counts.quarantined += toCount(quarantined);
  counts.pending -= receipt.accepted;
  return true;
}

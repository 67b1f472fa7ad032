import { sendBatches } from "../cli/send/send-batches.ts";
import type { ReceiptRef, Tally } from "../cli/send/tally.ts";
import type { Stack } from "../local/launcher/stack.ts";
import type { Disturbance } from "./disturb.ts";
import type { History } from "./history/follow-run.ts";
import { startSettling } from "./settle-receipts.ts";

/**
 * Nothing in a run keeps a request from being taken, or a receipt from settling, for longer: a work item waits 5 min at
 * most.
 */
export const PATIENCE_MS = 600_000;

/** Sends everything, while receipts are asked for. Gives those that never settled. */
export async function sendAndSettle({
  stack,
  history,
  keys,
  tally,
  disturbance,
}: {
  readonly stack: Stack;
  readonly history: History;
  readonly keys: ReadonlyMap<string, string>;
  readonly tally: Tally;
  readonly disturbance: Disturbance;
}): Promise<ReceiptRef[]> {
  const api = { baseUrl: stack.baseUrl, maxWaitMs: PATIENCE_MS, fetch: history.fetch };
  const options = { api, concurrency: 8, keyFor: async (org: string) => keys.get(org) ?? "", tally };
  const settling = startSettling({ ...options, patienceMs: PATIENCE_MS });
  const sending = sendBatches(history.batches(), { ...options, compression: "gzip", onTaken: history.take });
  await Promise.all([sending, disturbance.done]);
  return inAHurry(stack, () => settling.finish());
}

const HURRY_MS = 30_000;
const EVERY_MS = 2_000;

/** Puts the clock forward again and again, so that work put back for minutes need not be waited for. */
export async function inAHurry<T>({ clock }: Pick<Stack, "clock">, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => void clock?.advance(HURRY_MS), EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

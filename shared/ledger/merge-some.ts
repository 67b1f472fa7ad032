import { type Deadline, startDeadline } from "../runtime/deadline.ts";
import type { Logger } from "../telemetry/log.ts";
import type { LedgerStore, Slot } from "./ledger-store.ts";
import { type MergeDeltasOptions, mergeDeltas } from "./merge-deltas.ts";

/** A merge after each write would cost as much as the writes. So some 48 deltas of a slot are open. */
const MERGED_ONE_TIME_IN = 48;

export interface MergeSomeOptions {
  /** From 0 to below 1. */
  readonly random?: () => number;
  /** Size of a head in bytes past which it is sealed. */
  readonly sealedBytes?: number;
}

/** Takes up the deltas of a few of these slots, by lot: each has got a delta just now. Never throws. */
export async function mergeSome(
  store: LedgerStore,
  slots: readonly Slot[],
  deadline: Deadline,
  log: Logger,
  { random = Math.random, ...options }: MergeSomeOptions = {},
): Promise<void> {
  const drawn = slots.filter(() => random() * MERGED_ONE_TIME_IN < 1);
  await Promise.all(drawn.map((slot) => mergeQuietly(store, slot, log, { ...options, deadline })));
}

/** Slots that a reader leaves behind for merging: what is more is left to the next reader. */
const TAKEN_UP_AT_ONCE = 8;
const TAKE_UP_MS = 20_000;

/**
 * For readers that met many deltas: takes some of them up beside the answer, which nobody waits for. One at a time in
 * an instance.
 */
export function createTakeUp(store: LedgerStore, log: Logger): (slots: readonly Slot[]) => void {
  let isBusy = false;
  return (slots) => {
    if (isBusy) return;
    isBusy = true;
    const deadline = startDeadline(TAKE_UP_MS);
    const merges = slots.slice(0, TAKEN_UP_AT_ONCE).map((slot) => mergeQuietly(store, slot, log, { deadline }));
    void Promise.all(merges).finally(() => {
      isBusy = false;
    });
  };
}

/** Never throws: what stays open is read all the same, and taken up another time. False when that is so. */
export async function mergeQuietly(
  store: LedgerStore,
  slot: Slot,
  log: Logger,
  options?: MergeDeltasOptions,
): Promise<boolean> {
  try {
    await mergeDeltas(store, slot, log, options);
    return true;
  } catch (error) {
    const { orgId: org_id, slot: name } = slot;
    log.warn("the deltas of a slot could not be taken up; another merge does it", { org_id, slot: name, error });
    return false;
  }
}

import type { Deadline } from "../runtime/deadline.ts";
import type { Logger } from "../telemetry/log.ts";
import type { LedgerStore, Slot } from "./ledger-store.ts";
import { mergeQuietly } from "./merge-some.ts";

const SLOTS_AT_ONCE = 8;

export interface SweepOptions {
  /** Size of a head in bytes past which it is sealed. */
  readonly sealedBytes?: number;
}

/**
 * Takes up the deltas of every slot that has any: those of slots that nobody writes to or reads any more are left when
 * their last merge was. First come the slots of days before `today` (`2026-11-22`): hardly anything is added to them,
 * so that a sweep that ends at its deadline goes on where the last one ended. True when it came to the end.
 */
export async function sweepDeltas(
  store: LedgerStore,
  today: string,
  deadline: Deadline,
  log: Logger,
  options: SweepOptions = {},
): Promise<boolean> {
  for (const before of [today, undefined])
    for await (const slots of store.findDeltaSlots(before)) {
      await sweepPage(store, slots, deadline, log, options);
      if (deadline.isOver()) return false;
    }
  return true;
}

async function sweepPage(
  store: LedgerStore,
  page: readonly Slot[],
  deadline: Deadline,
  log: Logger,
  options: SweepOptions,
): Promise<void> {
  const slots = page.values();
  const worker = async (): Promise<void> => {
    for (const slot of slots) {
      if (deadline.isOver()) return;
      await mergeQuietly(store, slot, log, { ...options, deadline });
    }
  };
  await Promise.all(Array.from({ length: SLOTS_AT_ONCE }, worker));
}

import type { Deadline } from "../runtime/deadline.ts";
import type { Logger } from "../telemetry/log.ts";
import { hourOf, hourStart } from "./event-counts.ts";
import type { LedgerStore, Slot } from "./ledger-store.ts";
import { mergeEntries } from "./merge-entries.ts";
import { mergeQuietly } from "./merge-some.ts";

const SLOTS_AT_ONCE = 8;

export interface SweepOptions {
  readonly now?: () => number;
  /** Size of a head in bytes past which it is sealed. */
  readonly sealedBytes?: number;
}

/** Sweeps until the deadline. True when it came to the end. */
export type SweepLedger = (deadline: Deadline, log: Logger) => Promise<boolean>;

/**
 * Takes up what is left of every slot, page by page: those that nobody writes to or reads any more keep the deltas that
 * came after their last merge. Any number of sweeps may run at once. What releases up to 0.6.0 left open is taken up
 * first. Once nothing of it is there, nobody asks for it again before the instance is another one: whoever goes back to
 * such a release starts new ones.
 */
export function createSweepLedger(store: LedgerStore, options: SweepOptions = {}): SweepLedger {
  const { now = Date.now } = options;
  let isOlderDone = false;
  return async (deadline, log) => {
    if (!isOlderDone) isOlderDone = await sweepOlder(store, deadline, log);
    const today = hourStart(hourOf(now())).slice(0, 10);
    return sweepDeltas(store, today, deadline, log, options);
  };
}

/** True when no entry of releases up to 0.6.0 is open any more. Ends when nothing can be merged. */
async function sweepOlder(store: LedgerStore, deadline: Deadline, log: Logger): Promise<boolean> {
  let merged = 1;
  while (merged > 0 && !deadline.isOver()) {
    if ((await store.findOpenSlots(1)).length === 0) {
      log.info("no entry of the ledger is open that a release up to 0.6.0 wrote");
      return true;
    }
    merged = await mergeEntries(store, Date.now() + deadline.leftMs(), log);
  }
  return false;
}

/**
 * Takes up the deltas of all slots. Those of days before `today` (`2026-11-22`) come first: hardly anything is added to
 * them, so that a sweep which ends at its deadline goes on where the last one ended. True when it came to the end.
 */
export async function sweepDeltas(
  store: LedgerStore,
  today: string,
  deadline: Deadline,
  log: Logger,
  { sealedBytes }: SweepOptions = {},
): Promise<boolean> {
  const options = { deadline, ...(sealedBytes !== undefined && { sealedBytes }) };
  for (const before of [today, undefined])
    for await (const page of store.findDeltaSlots(before)) {
      await eachAtOnce(page, (slot) => mergeQuietly(store, slot, log, options), deadline);
      if (deadline.isOver()) return false;
    }
  return true;
}

async function eachAtOnce(
  page: readonly Slot[],
  work: (slot: Slot) => Promise<unknown>,
  deadline: Deadline,
): Promise<void> {
  const slots = page.values();
  const worker = async (): Promise<void> => {
    for (const slot of slots) {
      if (deadline.isOver()) return;
      await work(slot);
    }
  };
  await Promise.all(Array.from({ length: SLOTS_AT_ONCE }, worker));
}

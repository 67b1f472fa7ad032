import type { Deadline } from "../runtime/deadline.ts";
import type { Logger } from "../telemetry/log.ts";
import type { LedgerStore, Slot } from "./ledger-store.ts";
import { repairSlot, type SlotRepair } from "./repair-slot.ts";

const SLOTS_AT_ONCE = 8;
/** Hardly anything is added to a slot by then. */
const DAYS_OLD = 2;

/**
 * Compares each slot that is two days old with its entries, and makes its sums anew where they do not add up; so it
 * does with `held` slots, in which a repair did not end. What fails is left to the operator or to the next sweep. True
 * when it came to the end.
 */
export async function sweepRepairs(
  store: LedgerStore,
  { now, held }: { readonly now: number; readonly held: readonly Slot[] },
  deadline: Deadline,
  log: Logger,
): Promise<boolean> {
  const repair = async (page: readonly Slot[]): Promise<void> => {
    const slots = page.values();
    const worker = async (): Promise<void> => {
      for (const slot of slots) if (!deadline.isOver()) await repairQuietly(store, slot, now, log);
    };
    await Promise.all(Array.from({ length: SLOTS_AT_ONCE }, worker));
  };
  await repair(held);
  const day = new Date(now - DAYS_OLD * 86_400_000).toISOString().slice(0, 10);
  for await (const slots of store.findSumSlots(day)) {
    await repair(slots);
    if (deadline.isOver()) return false;
  }
  return true;
}

async function repairQuietly(store: LedgerStore, { orgId, slot }: Slot, now: number, log: Logger): Promise<void> {
  try {
    tellRepair({ orgId, slot }, await repairSlot(store, { orgId, slot }, { now }), log);
  } catch (error) {
    log.warn("a slot of the ledger could not be compared with its entries", { org_id: orgId, slot, error });
  }
}

/** Says what a repair has found; nothing of a slot that adds up. */
export function tellRepair({ orgId, slot }: Slot, { how, ...found }: SlotRepair, log: Logger): void {
  const fields = { org_id: orgId, slot, ...found };
  if (how === "mended") log.warn("a slot of the ledger did not add up, and was made anew from its entries", fields);
  if (how === "left") log.error("a slot of the ledger does not add up, and was not mended", fields);
}

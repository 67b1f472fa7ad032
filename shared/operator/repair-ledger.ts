import { z } from "zod";
import type { IdentityDocuments } from "../access/documents/identity-documents.ts";
import { AppError } from "../errors.ts";
import { isOrgId } from "../identity/org-id.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import { type RepairEnd, repairSlot } from "../ledger/repair-slot.ts";
import { tellRepair } from "../ledger/sweep-repairs.ts";
import type { Logger } from "../telemetry/log.ts";

export const repairSchema = z.strictObject({
  /** A day of receipt and a shard: `2026-11-22.3` */
  slot: z.string().regex(/^\d{4}-\d\d-\d\d\.\d+$/),
  /** Only looks. */
  dry: z.boolean().default(false),
});

/** A slot of an org's ledger: what it has, what its sums say that it has, and what was done about it. */
export interface RepairView {
  readonly org_id: string;
  readonly slot: string;
  readonly entries: number;
  readonly counted: number;
  /** A document with sums that is gone. */
  readonly missing: string | null;
  readonly result: RepairEnd["how"];
  /** Why it was left as it is; null where it was not. */
  readonly reason: string | null;
}

export interface RepairDeps {
  readonly documents: IdentityDocuments;
  readonly ledger: LedgerStore;
  readonly now: () => number;
}

/**
 * Compares a slot with its entries, and makes its sums anew if they do not add up. Throws AppError `org_not_found` or
 * `store_unavailable`; calling it again is safe.
 */
export async function repairLedger(
  { documents, ledger, now }: RepairDeps,
  orgId: string,
  { slot, dry }: z.infer<typeof repairSchema>,
  log: Logger,
): Promise<RepairView> {
  if (!isOrgId(orgId) || !(await documents.read("org", orgId, "org")))
    throw new AppError("org_not_found", "there is no org with this id");
  const found = await repairSlot(ledger, { orgId, slot }, { now: now(), dry });
  tellRepair({ orgId, slot }, found, log);
  const { entries, counted, missing = null, how: result } = found;
  return { org_id: orgId, slot, entries, counted, missing, result, reason: "reason" in found ? found.reason : null };
}

import { isUnreadableName } from "../envelope/frame.ts";
import { AppError } from "../errors.ts";
import { SERVICE_ORG_ID } from "../identity/org-id.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import type { KeyRing } from "../receipt/key-ring.ts";
import { slotOf, verifyReceipt } from "../receipt/receipt-id.ts";
import { reached } from "../runtime/reached.ts";
import type { Etagged, QuarantineDocument, QuarantineStore } from "./quarantine-store.ts";

export interface FindDeps {
  readonly quarantine: Pick<QuarantineStore, "read">;
  readonly ledger: Pick<LedgerStore, "findAdjustments">;
  readonly keys: KeyRing;
}

/** The receipt and the place of an event; null for an envelope, which stands for all of its events. */
export interface Place {
  readonly receiptId: string;
  readonly index: number | null;
}

/** Undefined for a text that is no id of an org's document: not every text can be asked for. */
export function placeOf(id: string): Place | undefined {
  const [, receiptId = "", index = ""] = /^([\w-]{20,100}):(\d{1,6}|all)$/.exec(id) ?? [];
  return receiptId === "" ? undefined : { receiptId, index: index === "all" ? null : Number(index) };
}

/**
 * The document of an event that waits in quarantine, or, for the service itself, of bytes that belong to no org. Throws
 * AppError `quarantined_gone` for one that did, as long as the ledger knows of it (400 days), or
 * `quarantined_not_found` or `store_unavailable`.
 */
export async function findQuarantined(deps: FindDeps, orgId: string, id: string): Promise<Etagged<QuarantineDocument>> {
  const place = placeOf(id);
  const mayBe = place ?? (orgId === SERVICE_ORG_ID && isUnreadableName(id));
  const found = mayBe ? await deps.quarantine.read(orgId, id) : undefined;
  if (found && !("ended" in found)) return found;
  const ended = found?.ended ?? (place && (await findMoved(deps, orgId, place)));
  if (!ended) throw new AppError("quarantined_not_found", "nothing is in quarantine under this id");
  throw gone(ended);
}

export function gone({ what, at }: { readonly what: string; readonly at: string | null }): AppError {
  return new AppError("quarantined_gone", `the event was ${what}${at === null ? "" : ` at ${at}`}`, {
    members: { what, at },
  });
}

/** How an event has left quarantine, by the ledger. */
export async function findMoved(
  { ledger, keys }: Omit<FindDeps, "quarantine">,
  orgId: string,
  { receiptId, index }: Place,
): Promise<{ readonly what: string; readonly at: string | null } | undefined> {
  if (!verifyReceipt(keys, orgId, receiptId)) return undefined;
  const adjustments = await ledger.findAdjustments(orgId, slotOf(receiptId), receiptId);
  const own = adjustments.find((one) => one.from === "quarantined" && (index === null || one.index === index));
  if (!own) return undefined;
  reached("left-quarantine-by-the-ledger");
  return { what: own.what, at: own.at ?? null };
}

import { z } from "zod";
import { AppError } from "../errors.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import { slotOf } from "../receipt/receipt-id.ts";
import { startDeadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import { uuidv7 } from "../runtime/uuid.ts";
import { readable } from "../store/formats.ts";
import type { WriteResult } from "../store/write-result.ts";
import { type CompleteDeps, completeActs, type DecidedDocument } from "./complete-acts.ts";
import { type FindDeps, findMoved, findQuarantined, gone, placeOf } from "./find-quarantined.ts";
import type { ActLine, QuarantineAct } from "./quarantine-act.ts";
import type { Etagged, QuarantineDocument, QuarantineStore } from "./quarantine-store.ts";

const MOST_REASON = 500;

export const discardReason = z
  .string()
  .trim()
  .min(1, "expected a reason")
  .max(MOST_REASON, `expected at most ${MOST_REASON} characters`)
  .refine((text) => text.isWellFormed(), "has half of a surrogate pair")
  .describe("For the audit trail");

export const discardBody = z.strictObject({ reason: discardReason });

export type DiscardDeps = CompleteDeps &
  FindDeps & { readonly quarantine: QuarantineStore; readonly now: () => number };

/** What was done, and when it was decided. */
export interface Discarded {
  readonly quarantine_id: string;
  readonly what: "discarded";
  readonly at: string;
  readonly reason: string;
}

/** Each is lost only to another act on the same event. */
const ROUNDS = 8;
/** An envelope of thousands of events may take longer: then the next try goes on. */
const DEADLINE_MS = 20_000;

/**
 * Discards an event that waits in quarantine: from then on it is gone, its receipt says so, and what was accepted stays
 * what it was. Calling it again completes what was begun, by whomever. Throws AppError `quarantined_not_found`,
 * `quarantined_gone`, `receipt_pending` or `store_unavailable`.
 */
export async function discardQuarantined(
  deps: DiscardDeps,
  actor: ActLine["actor"],
  orgId: string,
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<Discarded> {
  for (let round = 0; round < ROUNDS; round++) {
    const found = readable("quarantined", await findQuarantined(deps, orgId, id));
    const decided = isDecided(found) ? found : await decideToDiscard(deps, actor, found, { reason });
    if (!decided) continue;
    const [result] = await completeActs(deps, orgId, [decided], startDeadline(DEADLINE_MS));
    // A replay that the store refused: the event is still there.
    if (result?.released) continue;
    refuseOpen(result);
    const { what, at, reason: said = "" } = decided.act;
    if (what !== "discarded") throw gone(decided.act);
    return { quarantine_id: id, what, at, reason: said };
  }
  reached("act-lost-each-time");
  throw new AppError("store_unavailable", "others act on the same event", { retryAfter: 1 });
}

export function isDecided(document: Etagged<QuarantineDocument>): document is DecidedDocument {
  return document.act !== undefined;
}

/** Undefined when another act was decided first, or the document has gone. */
export async function decideToDiscard(
  deps: DiscardDeps,
  { subject, clientAddress: client_address, requestId: request_id }: ActLine["actor"],
  found: Etagged<QuarantineDocument>,
  why: Pick<QuarantineAct, "reason" | "job_id">,
): Promise<DecidedDocument | undefined> {
  await refuseUnsettled(deps, found);
  const at = deps.now();
  const by = { subject, client_address, request_id, audit_id: `audit:${uuidv7(at)}` };
  const act = { what: "discarded", at: new Date(at).toISOString(), ...why, by } as const;
  return claimFor(deps, found, act);
}

/** Puts the act into the document, under its ETag: of several acts at once, one wins. */
export async function claimFor(
  { quarantine }: Pick<DiscardDeps, "quarantine">,
  { etag, ...document }: Etagged<QuarantineDocument>,
  act: QuarantineAct,
): Promise<DecidedDocument | undefined> {
  const result = await quarantine.replace({ ...document, act }, etag);
  if (result.status === "conflict") {
    reached("act-decided-by-another");
    return undefined;
  }
  refuseOpen(result);
  const now = await quarantine.read(document.org_id, document.id);
  return now && !("ended" in now) && isDecided(now) ? now : undefined;
}

/** Throws AppError `receipt_pending`, `quarantined_gone` or `store_unavailable`. */
export async function refuseUnsettled(
  deps: FindDeps & { readonly ledger: LedgerStore },
  { org_id: orgId, id }: QuarantineDocument,
): Promise<void> {
  const place = placeOf(id);
  if (!place) return;
  const entry = await deps.ledger.readEntry(orgId, slotOf(place.receiptId), place.receiptId);
  if (!entry) throw new AppError("receipt_pending", "the batch of this event has no outcome yet");
  // After a restore of one container the other may know more.
  const moved = await findMoved(deps, orgId, place);
  if (moved && place.index !== null) throw gone(moved);
}

/** Throws AppError `store_unavailable` for an act that is decided and not done. */
export function refuseOpen(result: WriteResult | undefined): void {
  if (result?.status === "written") return;
  const reason = result && "reason" in result ? result.reason : "the store gave no answer";
  if (result?.status === "refused") throw new Error(`the ledger refuses to move an event: ${reason}`);
  throw new AppError("store_unavailable", "the act is decided, and not done yet", { reason, retryAfter: 1 });
}

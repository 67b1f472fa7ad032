import type { ClaimStore } from "../envelope/claim-store.ts";
import { SERVICE_ORG_ID } from "../identity/org-id.ts";
import { adjustOutcomes } from "../ledger/adjust-outcomes.ts";
import type { Move } from "../ledger/adjustment.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import { readReceipt } from "../receipt/receipt-id.ts";
import type { Deadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import type { WriteResult } from "../store/write-result.ts";
import type { ActLine, QuarantineAct, TellAct } from "./quarantine-act.ts";
import type { Etagged, QuarantineDocument, QuarantineRemains, QuarantineStore } from "./quarantine-store.ts";

export interface CompleteDeps {
  readonly quarantine: Pick<QuarantineStore, "replace" | "delete">;
  readonly ledger: LedgerStore;
  readonly claims: Pick<ClaimStore, "delete">;
  readonly tell: TellAct;
}

export type DecidedDocument = Etagged<QuarantineDocument> & { readonly act: QuarantineAct };

/** Longer than Event Hubs keeps a message (7 days), and than a try of the pipeline can be late. */
const REMAINS_TTL_SECONDS = 30 * 24 * 3600;
const AT_ONCE = 20;

/**
 * Does what was decided with documents of one org, however often it was tried before: the line in the audit trail, the
 * adjustments, the end of the blob, and last of all the end of the document, so that until then whoever comes next can
 * do it. One result for each, in order; `refused` where the ledger has the event elsewhere. Throws AppError
 * `store_unavailable`.
 */
export async function completeActs(
  deps: CompleteDeps,
  orgId: string,
  documents: readonly DecidedDocument[],
  deadline?: Deadline,
): Promise<WriteResult[]> {
  for (const document of documents) if (document.act.by) await deps.tell(orgId, lineOf(document, document.act.by));
  const moves = documents.map(movesOf);
  const adjusted = await adjustOutcomes(deps.ledger, orgId, moves.flat(), deadline);
  const results: WriteResult[] = [];
  let from = 0;
  const whole = moves.map(({ length }) => {
    const own = adjusted.slice(from, from + length);
    from += length;
    return own.find(({ status }) => status !== "written");
  });
  for (let i = 0; i < documents.length; i += AT_ONCE) {
    const some = documents.slice(i, i + AT_ONCE);
    results.push(...(await Promise.all(some.map((document, n) => whole[i + n] ?? endDocument(deps, document)))));
  }
  return results;
}

/** Of an envelope that nobody can read, all events. Bytes that belong to no org have no receipt, and so no account. */
function movesOf({ id, org_id, receipt_id: receiptId, index, act: { what, at } }: DecidedDocument): Move[] {
  if (org_id === SERVICE_ORG_ID) return [];
  const { events } = readReceipt(receiptId);
  const indexes = index === null && id.endsWith(":all") ? Array.from({ length: events }, (_, i) => i) : [index ?? 0];
  return indexes.map((own) => ({ receiptId, index: own, what, to: what, at }));
}

async function endDocument({ quarantine, claims }: CompleteDeps, document: DecidedDocument): Promise<WriteResult> {
  const { id, org_id, act, raw, etag } = document;
  try {
    if ("blob" in raw) await claims.delete(raw.blob);
  } catch (error) {
    reached("quarantined-blob-stays");
    return { status: "unavailable", retryAfterMs: 0, reason: String(error).slice(0, 300) };
  }
  const { what, at, job_id } = act;
  const remains: QuarantineRemains = {
    ...{ id, org_id, receipt_id: null, ended: { what, at, ...(job_id && { job_id }) } },
    ttl: REMAINS_TTL_SECONDS,
  };
  // What has waited for a month, no try of the pipeline makes again.
  const result = await (what === "expired" ? quarantine.delete(org_id, id, etag) : quarantine.replace(remains, etag));
  if (result.status !== "conflict") return result;
  // An act that was decided is only ended: so another try was faster.
  reached("act-completed-by-another");
  return { status: "written" };
}

function lineOf(
  { id, code, event_id, event_type, act: { at, reason, job_id } }: DecidedDocument,
  by: NonNullable<QuarantineAct["by"]>,
): ActLine {
  return {
    auditId: by.audit_id,
    at,
    action: "event.discarded",
    target: `quarantine:${id}`,
    details: {
      reason,
      code,
      ...(event_id && { event_id }),
      ...(event_type && { event_type }),
      ...(job_id && { job_id }),
    },
    actor: { subject: by.subject, clientAddress: by.client_address, requestId: by.request_id },
  };
}

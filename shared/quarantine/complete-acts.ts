import type { ClaimStore } from "../envelope/claim-store.ts";
import type { QuarantineMark } from "../event/decide-outcome.ts";
import type { EventStore } from "../event/event-store.ts";
import { SERVICE_ORG_ID } from "../identity/org-id.ts";
import { adjustOutcomes } from "../ledger/adjust-outcomes.ts";
import type { Move } from "../ledger/adjustment.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import type { OutcomeName } from "../ledger/outcome-counts.ts";
import { readReceipt } from "../receipt/receipt-id.ts";
import type { Deadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import type { WriteResult } from "../store/write-result.ts";
import { type ActLine, type QuarantineAct, type TellAct, type Tried, toTried } from "./quarantine-act.ts";
import type { Etagged, QuarantineDocument, QuarantineRemains, QuarantineStore } from "./quarantine-store.ts";
import { storeReplayed } from "./store-replayed.ts";

export interface CompleteDeps {
  readonly quarantine: Pick<QuarantineStore, "replace" | "delete">;
  readonly events: Pick<EventStore, "create" | "findOccupants" | "replace">;
  readonly ledger: LedgerStore;
  readonly claims: Pick<ClaimStore, "delete">;
  readonly tell: TellAct;
}

export type DecidedDocument = Etagged<QuarantineDocument> & { readonly act: QuarantineAct };

/** Longer than Event Hubs keeps a message (7 days), and than a try of the pipeline can be late. */
const REMAINS_TTL_SECONDS = 30 * 24 * 3600;
const AT_ONCE = 20;

/**
 * `to`: what an event was moved to. `released`: the store refused a replayed event for good; its document has no act
 * any more, and says why.
 */
export type ActResult = WriteResult & { readonly to?: OutcomeName; readonly released?: Tried };

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
): Promise<ActResult[]> {
  for (const document of documents) if (document.act.by) await deps.tell(orgId, lineOf(document, document.act.by));
  const ready = await mapSome(documents, (document) => prepare(deps, document));
  const moves = ready.map((one) => ("status" in one ? [] : one.moves));
  const adjusted = await adjustOutcomes(deps.ledger, orgId, moves.flat(), deadline);
  let from = 0;
  const open = ready.map((one, i) => {
    const own = adjusted.slice(from, from + (moves[i]?.length ?? 0));
    from += own.length;
    return "status" in one ? one : own.find(({ status }) => status !== "written");
  });
  return mapSome(documents, async (document, i): Promise<ActResult> => {
    const waits = open[i];
    const to = moves[i]?.[0]?.to;
    return waits ?? { ...(await endDocument(deps, document, to)), ...(to && { to }) };
  });
}

/** What is moved once the event store has answered; or why that cannot be told yet, or never will. */
async function prepare(
  deps: CompleteDeps,
  document: DecidedDocument,
): Promise<{ readonly moves: readonly Move[] } | ActResult> {
  const { replay } = document.act;
  if (!replay) return { moves: movesOf(document) };
  const stored = await storeReplayed(deps.events, document, replay);
  if (stored.is === "open") return stored.result;
  if (stored.is === "refused") return release(deps, document, stored.mark);
  return { moves: movesOf(document, stored.is) };
}

/** The event stays, with the store's reason beside its own. Nobody can store it by this try any more. */
async function release(
  { quarantine }: CompleteDeps,
  document: DecidedDocument,
  { code, reason: message }: QuarantineMark,
): Promise<ActResult> {
  reached("replayed-event-refused");
  const { act, etag, ...own } = document;
  const tried: Tried = { at: act.at, code, path: "", message, ...(act.job_id && { job_id: act.job_id }) };
  const result = await quarantine.replace(toTried(own, tried), etag);
  const reason = "the store refuses the event; it stays in quarantine";
  // On a conflict another one has done it.
  if (result.status !== "written" && result.status !== "conflict") return result;
  return { status: "unavailable", retryAfterMs: 0, reason, released: tried };
}

async function mapSome<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE)
    results.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map((item, n) => work(item, i + n)))));
  return results;
}

/** Of an envelope that nobody can read, all events. Bytes that belong to no org have no receipt, and so no account. */
function movesOf(document: DecidedDocument, to?: "stored" | "duplicate"): Move[] {
  const { id, org_id, receipt_id: receiptId, index, act } = document;
  if (org_id === SERVICE_ORG_ID) return [];
  const { what, at, replay } = act;
  const { events } = readReceipt(receiptId);
  const indexes = index === null && id.endsWith(":all") ? Array.from({ length: events }, (_, i) => i) : [index ?? 0];
  const event = replay && { eventType: replay.event.event_type, timestamp: replay.event.timestamp };
  const outcome = what === "replayed" ? (to ?? "duplicate") : what;
  return indexes.map((own) => ({ receiptId, index: own, what, to: outcome, at, ...(event && { event }) }));
}

async function endDocument(
  { quarantine, claims }: CompleteDeps,
  document: DecidedDocument,
  to: OutcomeName | undefined,
): Promise<WriteResult> {
  const { id, org_id, act, raw, etag } = document;
  try {
    if ("blob" in raw) await claims.delete(raw.blob);
  } catch (error) {
    reached("quarantined-blob-stays");
    return { status: "unavailable", retryAfterMs: 0, reason: String(error).slice(0, 300) };
  }
  const { what, at, job_id } = act;
  const became = what === "replayed" && to ? { to } : undefined;
  const remains: QuarantineRemains = {
    ...{ id, org_id, receipt_id: null, ended: { what, at, ...(job_id && { job_id }), ...became } },
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
  { id, code, event_id, event_type, act: { at, reason, job_id, replay } }: DecidedDocument,
  by: NonNullable<QuarantineAct["by"]>,
): ActLine {
  return {
    auditId: by.audit_id,
    at,
    action: replay ? "event.replayed" : "event.discarded",
    target: `quarantine:${id}`,
    details: {
      ...(reason !== undefined && { reason }),
      code,
      ...(event_id && { event_id }),
      ...(event_type && { event_type }),
      ...(job_id && { job_id }),
      ...(replay?.mapped && { mapped: true }),
    },
    actor: { subject: by.subject, clientAddress: by.client_address, requestId: by.request_id },
  };
}

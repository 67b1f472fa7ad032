import { z } from "zod";
import { AppError } from "../errors.ts";
import { refuseReversed } from "../http/parameters.ts";
import type { JobError, JobKind, JobOf, StepResult } from "../jobs/job.ts";
import type { NewJob } from "../jobs/start-job.ts";
import type { Deadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import type { KeyRings } from "../secrets/key-rings.ts";
import { isReadable } from "../store/formats.ts";
import type { WriteResult } from "../store/write-result.ts";
import { completeActs, type DecidedDocument } from "./complete-acts.ts";
import { countFound, type FoundCounts } from "./count-quarantine.ts";
import { type DiscardDeps, decideToDiscard, discardReason, isDecided } from "./discard-quarantined.ts";
import { placeOf } from "./find-quarantined.ts";
import { quarantineFilters, toQuery } from "./quarantine-parameters.ts";
import type { QuarantineQuery, QuarantineStore } from "./quarantine-store.ts";

export const discardFoundBody = z.strictObject({
  reason: discardReason,
  ...quarantineFilters,
  dry_run: z.boolean().default(false).describe("Only counts what would be discarded"),
});

/** What a filter finds, and by which job it is to be discarded. */
export interface Found {
  readonly counts: FoundCounts;
  readonly job: NewJob;
}

export const DISCARD_KIND = "discard-quarantined";

/**
 * What of an org's quarantine a filter finds now. What comes later is not meant: the job ends before it. Throws
 * AppError `invalid_parameter` or `store_unavailable`.
 */
export async function findToDiscard(
  { quarantine, now }: { readonly quarantine: Pick<QuarantineStore, "query">; readonly now: () => number },
  orgId: string,
  { reason, dry_run, ...asked }: z.output<typeof discardFoundBody>,
): Promise<Found> {
  refuseReversed(asked);
  const before = Math.min(asked.to ?? Number.POSITIVE_INFINITY, now());
  const { code, event_type } = asked;
  const to = new Date(before).toISOString();
  const from = asked.from === undefined ? undefined : new Date(asked.from).toISOString();
  const parameters = { reason, ...(code && { code }), ...(event_type && { event_type }), ...(from && { from }), to };
  const counts = await countFound(quarantine, orgId, toJobQuery(parameters));
  const total = counts.is_whole ? counts.total : null;
  return { counts, job: { kind: DISCARD_KIND, parameters, total } };
}

const parametersSchema = z.object({
  reason: z.string(),
  code: quarantineFilters.code,
  event_type: z.string().optional(),
  /** RFC 3339, as the store compares them; without `from`, as far back as there is anything. */
  from: z.string().optional(),
  to: z.string(),
});
type DiscardParameters = z.output<typeof parametersSchema>;

function toJobQuery({ code, event_type, from, to }: Omit<DiscardParameters, "reason">): Omit<QuarantineQuery, "limit"> {
  const asked = { code, event_type, to: Date.parse(to), ...(from && { from: Date.parse(from) }) };
  return toQuery(asked);
}

const cursorSchema = z.object({
  /** The documents that the next step discards. They are fixed before, so that each is counted once. */
  ids: z.array(z.string()),
  /** The last of them in the list, from which on the list goes on. */
  after: z.object({ receivedAt: z.string(), id: z.string() }).nullable(),
});
type Cursor = z.output<typeof cursorSchema>;

export type DiscardFoundDeps = Omit<DiscardDeps, "keys"> & { readonly keyRings: KeyRings };

/** Some 60 RU each. */
const PAGE = 50;
/** Each may have half a MB. */
const AT_ONCE = 5;

/** Discards what a filter found when it was asked, by a step for each page. Each event is as if discarded alone. */
export function createDiscardKind(deps: DiscardFoundDeps): JobKind<DiscardParameters> {
  return {
    scope: "quarantine:discard",
    parameters: parametersSchema,
    step: async (job, cursor, deadline) => {
      const { ids, after } = cursorSchema.parse(cursor ?? { ids: [], after: null });
      const done = await discardThose(deps, job, ids, deadline);
      const left = ids.slice(done.length);
      const next = left.length > 0 ? { ids: left, after } : await readNext(deps.quarantine, job, after);
      return { cursor: next, ...sum(done) };
    },
  };
}

/** Null at the end of the list. */
async function readNext(
  quarantine: Pick<QuarantineStore, "query">,
  { org_id, parameters }: JobOf<DiscardParameters>,
  after: Cursor["after"],
): Promise<Cursor | null> {
  const found = await quarantine.query(org_id, { ...toJobQuery(parameters), ...(after && { after }), limit: PAGE });
  const last = found.at(-1);
  return last ? { ids: found.map(({ id }) => id), after: { receivedAt: last.received_at, id: last.id } } : null;
}

/** `discarded` by this job; `gone` by another act, before or meanwhile; `left`, with the reason. */
type Result = { readonly result: "discarded" | "gone" } | { readonly result: "left"; readonly error: JobError };

/** One result for each of the first documents, as far as the time goes; for one at least. */
async function discardThose(
  deps: DiscardFoundDeps,
  job: JobOf<DiscardParameters>,
  ids: readonly string[],
  deadline: Deadline,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let i = 0; i < ids.length && (i === 0 || !deadline.isOver()); i += AT_ONCE) {
    const some = await Promise.all(ids.slice(i, i + AT_ONCE).map((id) => decide(deps, job, id)));
    const decided = some.filter((one) => "act" in one);
    const ended = await completeActs(deps, job.org_id, decided, deadline);
    for (const one of some) results.push("act" in one ? toResult(job, one, ended[decided.indexOf(one)]) : one);
  }
  return results;
}

const ROUNDS = 8;

/** What this job, or another act before it, has decided of an event; or what became of it. */
async function decide(
  deps: DiscardFoundDeps,
  { id: job_id, org_id, created_by, parameters: { reason } }: JobOf<DiscardParameters>,
  id: string,
): Promise<DecidedDocument | Result> {
  const { subject, client_address: clientAddress, request_id: requestId } = created_by;
  const keys = await deps.keyRings.knowing(placeOf(id)?.receiptId ?? null);
  for (let round = 0; round < ROUNDS; round++) {
    const found = await deps.quarantine.read(org_id, id);
    if (!found) return { result: "gone" };
    if ("ended" in found) return { result: found.ended.job_id === job_id ? "discarded" : "gone" };
    if (!isReadable("quarantined", found)) return leave(id, "newer_format", "a newer release wrote it");
    if (isDecided(found)) return found;
    try {
      const actor = { subject, clientAddress, requestId };
      const decided = await decideToDiscard({ ...deps, keys }, actor, found, { reason, job_id });
      if (decided) return decided;
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error;
      reached("job-leaves-an-event");
      return error.code === "quarantined_gone" ? { result: "gone" } : leave(id, error.code, error.message);
    }
  }
  throw new AppError("store_unavailable", "others act on the same event", { retryAfter: 1 });
}

function leave(target: string, code: string, message: string): Result {
  return { result: "left", error: { target, code, message } };
}

function toResult({ id: job_id }: JobOf<DiscardParameters>, { id, act }: DecidedDocument, done?: WriteResult): Result {
  if (done?.status === "written") return { result: act.job_id === job_id ? "discarded" : "gone" };
  if (done?.status === "refused") return leave(id, "refused", done.reason);
  const reason = done && "reason" in done ? done.reason : "the store gave no answer";
  throw new AppError("store_unavailable", "acts are decided, and not done yet", { reason, retryAfter: 1 });
}

function sum(results: readonly Result[]): Pick<StepResult, "counts" | "errors"> {
  const counts: Record<string, number> = {};
  for (const { result } of results) counts[result] = (counts[result] ?? 0) + 1;
  return { counts, errors: results.flatMap((one) => (one.result === "left" ? [one.error] : [])) };
}

import { z } from "zod";
import { AppError } from "../errors.ts";
import type { JobError, JobKind, JobOf, StepResult } from "../jobs/job.ts";
import type { Deadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import type { KeyRings } from "../secrets/key-rings.ts";
import { isReadable } from "../store/formats.ts";
import { type ActResult, type CompleteDeps, completeActs, type DecidedDocument } from "./complete-acts.ts";
import { isDecided } from "./discard-quarantined.ts";
import { type FindDeps, placeOf } from "./find-quarantined.ts";
import { type FoundFilters, toFoundQuery } from "./found-filters.ts";
import type { ActLine, QuarantineAct } from "./quarantine-act.ts";
import type { Etagged, QuarantineDocument, QuarantineStore } from "./quarantine-store.ts";

export type ActOnFoundDeps = CompleteDeps & {
  readonly quarantine: QuarantineStore;
  readonly ledger: FindDeps["ledger"];
  readonly keyRings: KeyRings;
};

/**
 * What became of one event: what the act made of it, such as `discarded`; `gone`, by another act, before or meanwhile;
 * or it stays, with the reason: `left`, or as the act calls it.
 */
export interface FoundResult {
  readonly result: string;
  readonly error?: JobError;
}

/** What a job decides of one event, by whom and for which job. */
export interface FoundEvent<Parameters> {
  readonly job: JobOf<Parameters>;
  readonly actor: ActLine["actor"];
  readonly document: Etagged<QuarantineDocument>;
  readonly keys: FindDeps["keys"];
}

/** An act of one kind on each event that a filter finds. */
export interface FoundAct<Parameters extends FoundFilters> {
  readonly scope: JobKind["scope"];
  readonly parameters: z.ZodType<Parameters>;
  /**
   * Decides the act, under the job's id. Undefined when the document changed meanwhile. Throws AppError; of a status
   * below 500, the event is `left`, or `gone` by `quarantined_gone`.
   */
  decide(event: FoundEvent<Parameters>): Promise<DecidedDocument | FoundResult | undefined>;
}

const cursorSchema = z.object({
  /** The documents of the next step. They are fixed before, so that each is counted once. */
  ids: z.array(z.string()),
  /** The last of them in the list, from which on the list goes on. */
  after: z.object({ receivedAt: z.string(), id: z.string() }).nullable(),
});
type Cursor = z.output<typeof cursorSchema>;

/** Some 60 RU each. */
const PAGE = 50;
/** Each may have half a MB. */
const AT_ONCE = 5;

/** An act on each event that a filter found when it was asked, a page in each step. Each is as if it were alone. */
export function createFoundKind<Parameters extends FoundFilters>(
  deps: ActOnFoundDeps,
  act: FoundAct<Parameters>,
): JobKind<Parameters> {
  return {
    scope: act.scope,
    parameters: act.parameters,
    step: async (job, cursor, deadline) => {
      const { ids, after } = cursorSchema.parse(cursor ?? { ids: [], after: null });
      const done = await actOnThose(deps, act, job, ids, deadline);
      const left = ids.slice(done.length);
      const next = left.length > 0 ? { ids: left, after } : await readNext(deps.quarantine, job, after);
      return { cursor: next, ...sumResults(done) };
    },
  };
}

/** Null at the end of the list. */
async function readNext(
  quarantine: Pick<QuarantineStore, "query">,
  { org_id, parameters }: JobOf<FoundFilters>,
  after: Cursor["after"],
): Promise<Cursor | null> {
  const found = await quarantine.query(org_id, { ...toFoundQuery(parameters), ...(after && { after }), limit: PAGE });
  const last = found.at(-1);
  return last ? { ids: found.map(({ id }) => id), after: { receivedAt: last.received_at, id: last.id } } : null;
}

/** One result for each of the first documents, as far as the time goes; for one at least. */
async function actOnThose<Parameters extends FoundFilters>(
  deps: ActOnFoundDeps,
  act: FoundAct<Parameters>,
  job: JobOf<Parameters>,
  ids: readonly string[],
  deadline: Deadline,
): Promise<FoundResult[]> {
  const results: FoundResult[] = [];
  for (let i = 0; i < ids.length && (i === 0 || !deadline.isOver()); i += AT_ONCE) {
    const some = await Promise.all(ids.slice(i, i + AT_ONCE).map((id) => decideOne(deps, act, job, id)));
    const decided = some.filter((one) => "act" in one);
    const ended = await completeActs(deps, job.org_id, decided, deadline);
    for (const one of some) results.push("act" in one ? toResult(job, one, ended[decided.indexOf(one)]) : one);
  }
  return results;
}

/** Each is lost only to another act on the same event. */
const ROUNDS = 8;
const GONE: FoundResult = { result: "gone" };

/** What this job, or another act before it, has decided of an event; or what became of it. */
async function decideOne<Parameters extends FoundFilters>(
  deps: ActOnFoundDeps,
  act: FoundAct<Parameters>,
  job: JobOf<Parameters>,
  id: string,
): Promise<DecidedDocument | FoundResult> {
  const { subject, client_address: clientAddress, request_id: requestId } = job.created_by;
  const actor = { subject, clientAddress, requestId };
  const keys = await deps.keyRings.knowing(placeOf(id)?.receiptId ?? null);
  /** Whose event has left by the ledger: another delivery of this very step may have moved it since it was read. */
  let moved: string | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const found = await deps.quarantine.read(job.org_id, id);
    if (!found) return GONE;
    if ("ended" in found) return endedBy(job, found.ended);
    if (!isReadable("quarantined", found)) return leave(id, "newer_format", "a newer release wrote it");
    if (isDecided(found)) return found;
    try {
      const decided = await act.decide({ job, actor, document: found, keys });
      if (decided) return decided;
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error;
      reached("job-leaves-an-event");
      if (error.code !== "quarantined_gone") return leave(id, error.code, error.message);
      if (moved === found.etag) return GONE;
      moved = found.etag;
    }
  }
  throw new AppError("store_unavailable", "others act on the same event", { retryAfter: 1 });
}

export function leave(target: string, code: string, message: string, result = "left"): FoundResult {
  return { result, error: { target, code, message } };
}

/** A job counts what it has done itself, however often it looks at it. */
function endedBy(
  { id: job_id }: JobOf<unknown>,
  { what, to, ...act }: Pick<QuarantineAct, "what" | "job_id"> & Pick<ActResult, "to">,
): FoundResult {
  return act.job_id === job_id ? { result: to ?? what } : GONE;
}

function toResult(job: JobOf<unknown>, { id, act }: DecidedDocument, done?: ActResult): FoundResult {
  if (done?.status === "written") return endedBy(job, { ...act, ...(done.to && { to: done.to }) });
  if (done?.status === "refused") return leave(id, "refused", done.reason);
  if (done?.released && act.job_id === job.id)
    return leave(id, done.released.code, done.released.message, "quarantined");
  const reason = done && "reason" in done ? done.reason : "the store gave no answer";
  throw new AppError("store_unavailable", "acts are decided, and not done yet", { reason, retryAfter: 1 });
}

export function sumResults(results: readonly FoundResult[]): Pick<StepResult, "counts" | "errors"> {
  const counts: Record<string, number> = {};
  for (const { result } of results) counts[result] = (counts[result] ?? 0) + 1;
  return { counts, errors: results.flatMap(({ error }) => error ?? []) };
}

import { AppError } from "../errors.ts";
import { reached } from "../runtime/reached.ts";
import { uuidv7 } from "../runtime/uuid.ts";
import { type AskDeps, askForStep } from "./ask-for-step.ts";
import { type JobDocument, MOST_LIVE } from "./job.ts";
import type { JobStore } from "./job-store.ts";
import { type JobActor, type TellJob, toLine } from "./tell-job.ts";

export interface StartDeps extends AskDeps {
  readonly tell: TellJob;
}

export interface NewJob {
  /** A kind of job, and what it takes. */
  readonly kind: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** How many things there are to do; null when that is not known. */
  readonly total: number | null;
}

/** Each is lost only to another job of the same org. */
const ROUNDS = 8;

/**
 * Starts a job of an org. The trail tells of it first: a job that is told of may not have begun, and none begins that
 * is not told of. Throws AppError `too_many_jobs` when the org has as many live ones as it may have, or
 * `store_unavailable`.
 */
export async function startJob(
  deps: StartDeps,
  actor: JobActor,
  orgId: string,
  { kind, parameters, total }: NewJob,
): Promise<JobDocument> {
  const now = deps.now();
  const at = new Date(now).toISOString();
  const job: JobDocument = {
    id: uuidv7(now),
    org_id: orgId,
    kind,
    state: "waiting",
    parameters,
    total,
    cursor: null,
    steps: 0,
    counts: {},
    errors: [],
    created_at: at,
    created_by: { subject: actor.subject, client_address: actor.clientAddress, request_id: actor.requestId },
    moved_at: at,
  };
  await findPlace(deps.jobs, orgId);
  await deps.tell(orgId, toLine(job, "job.started", actor, now));
  await takePlace(deps.jobs, orgId, async (place) => (await deps.jobs.create({ ...job, place })) || undefined);
  // Where the queue does not answer, whoever looks at the job asks again.
  await askForStep(deps, job).catch(() => undefined);
  return job;
}

/** What `take` gives for a place that was free; undefined: it was not. Throws AppError `too_many_jobs`. */
export async function takePlace<T>(
  jobs: JobStore,
  orgId: string,
  take: (place: number) => Promise<T | undefined>,
): Promise<T> {
  for (let round = 0; round < ROUNDS; round++) {
    const taken = await take(await findPlace(jobs, orgId));
    if (taken !== undefined) return taken;
    reached("place-of-job-taken");
  }
  throw new AppError("store_unavailable", "others start jobs of the same org", { retryAfter: 1 });
}

async function findPlace(jobs: JobStore, orgId: string): Promise<number> {
  const live = await jobs.listLive(orgId);
  const free = Array.from({ length: MOST_LIVE }, (_, i) => i + 1).find(
    (place) => !live.some((one) => one.place === place),
  );
  if (free !== undefined) return free;
  const members = { limit: MOST_LIVE, jobs: live.map(({ id }) => id) };
  throw new AppError("too_many_jobs", `the org has ${MOST_LIVE} jobs that have not ended`, { members });
}

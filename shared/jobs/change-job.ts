import { AppError } from "../errors.ts";
import { reached } from "../runtime/reached.ts";
import { askForStep, withoutEtag } from "./ask-for-step.ts";
import { end, isLive, type JobDocument, type JobKinds } from "./job.ts";
import type { EtaggedJob } from "./job-store.ts";
import { findJob } from "./read-jobs.ts";
import { type StartDeps, takePlace } from "./start-job.ts";
import { type JobActor, type JobLine, toLine } from "./tell-job.ts";

export interface ChangeDeps extends StartDeps {
  readonly kinds: JobKinds;
  /** Throws AppError unless the caller may do what a job of this kind does. */
  readonly requireScope: (scope: JobKinds[string]["scope"]) => Promise<void>;
}

const ROUNDS = 8;

/**
 * Stops a live job: a step that is under way ends, and no other begins. Saying it again changes nothing. Throws
 * AppError `job_not_found`, `job_ended`, `scope_missing`, `credential_invalid` or `store_unavailable`.
 */
export async function stopJob(deps: ChangeDeps, actor: JobActor, orgId: string, id: string): Promise<JobDocument> {
  const now = deps.now();
  let line: JobLine | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const job = await findAllowed(deps, orgId, id);
    if (job.state === "stopped") return withoutEtag(job);
    if (!isLive(job)) throw ended(job);
    line ??= toLine(job, "job.stopped", actor, now);
    await deps.tell(orgId, line);
    const after = end(withoutEtag(job), "stopped", now);
    if (await deps.jobs.replace(job, after)) return after;
    reached("job-stopped-while-it-moved");
  }
  throw new AppError("store_unavailable", "the job moves on all the time", { retryAfter: 1 });
}

/**
 * Continues a job that was stopped or has failed, where it ended. Saying it again changes nothing. Throws AppError
 * `job_not_found`, `job_ended`, `too_many_jobs`, `scope_missing`, `credential_invalid` or `store_unavailable`.
 */
export async function continueJob(deps: ChangeDeps, actor: JobActor, orgId: string, id: string): Promise<JobDocument> {
  const now = deps.now();
  const found = await findAllowed(deps, orgId, id);
  if (isLive(found)) return withoutEtag(found);
  const line = toLine(found, "job.continued", actor, now);
  const after = await takePlace(deps.jobs, orgId, async (place) => {
    const job = await findJob(deps.jobs, orgId, id);
    if (isLive(job)) return withoutEtag(job);
    const going = goOn(job, place, now);
    await deps.tell(orgId, line);
    return (await deps.jobs.replace(job, going)) ? going : undefined;
  });
  // Where the queue does not answer, whoever looks at the job asks again.
  await askForStep(deps, after).catch(() => undefined);
  return after;
}

function goOn({ etag, ttl, ended_at, ...job }: EtaggedJob, place: number, now: number): JobDocument {
  if (job.state === "done") throw ended(job);
  return { ...job, state: job.steps === 0 ? "waiting" : "running", place, moved_at: new Date(now).toISOString() };
}

async function findAllowed(deps: ChangeDeps, orgId: string, id: string): Promise<EtaggedJob> {
  const job = await findJob(deps.jobs, orgId, id);
  const kind = Object.hasOwn(deps.kinds, job.kind) ? deps.kinds[job.kind] : undefined;
  if (!kind) throw new AppError("store_unavailable", "a newer release started this job", { retryAfter: 10 });
  await deps.requireScope(kind.scope);
  return job;
}

function ended({ state }: Pick<JobDocument, "state">): AppError {
  return new AppError("job_ended", `the job is ${state}`, { members: { state } });
}

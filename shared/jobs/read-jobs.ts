import { z } from "zod";
import { AppError } from "../errors.ts";
import { readParameters, wholeNumberParameter } from "../http/parameters.ts";
import { type AskDeps, standsStill, wakeJob } from "./ask-for-step.ts";
import { isLive } from "./job.ts";
import type { EtaggedJob, JobStore } from "./job-store.ts";
import { type JobView, toJobView } from "./job-view.ts";

export const jobsParameters = z.object({
  limit: wholeNumberParameter(1, 100).default(20),
  /** `next_cursor` of a page: the id of a job, before which the next one begins. */
  cursor: z.uuid({ version: "v7" }).optional(),
});

export interface JobsPage {
  readonly jobs: readonly JobView[];
  /** Null on the last page. */
  readonly next_cursor: string | null;
}

/** An org's jobs, the newest first. Throws AppError `invalid_parameter` or `store_unavailable`. */
export async function listJobs(jobs: JobStore, orgId: string, query: URLSearchParams): Promise<JobsPage> {
  const { limit, cursor: before } = readParameters(jobsParameters, query);
  const found = await jobs.list(orgId, { before, limit: limit + 1 });
  const page = found.slice(0, limit);
  return { jobs: page.map(toJobView), next_cursor: found.length > limit ? (page.at(-1)?.id ?? null) : null };
}

/** One job. Whoever looks at one that stands still asks for its next step. Throws as `findJob` does. */
export async function readJob(deps: AskDeps, orgId: string, id: string): Promise<JobView> {
  const job = await findJob(deps.jobs, orgId, id);
  // What can be told is told, whether the queue answers or not.
  if (isLive(job) && standsStill(job, deps.now())) await wakeJob(deps, job).catch(() => undefined);
  return toJobView(job);
}

/** Throws AppError `job_not_found` or `store_unavailable`. */
export async function findJob(jobs: JobStore, orgId: string, id: string): Promise<EtaggedJob> {
  const job = await jobs.read(orgId, id);
  if (!job) throw new AppError("job_not_found", "the org has no job of this id");
  return job;
}

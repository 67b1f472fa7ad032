import type { JobDocument } from "./job.ts";
import { encodeJobMessage } from "./job-message.ts";
import type { EtaggedJob, JobStore } from "./job-store.ts";

/** Where messages wait that ask for steps. Throws when the queue does not answer. */
export type PutMessage = (text: string, delaySeconds: number) => Promise<void>;

export interface AskDeps {
  readonly jobs: JobStore;
  readonly put: PutMessage;
  readonly now: () => number;
}

/**
 * A job that stood still for so long, in ms, has lost its message: far above the time of a step, and above the delay
 * with which a step is tried again.
 */
const STANDS_MS = 180_000;

export function askForStep(
  { put }: Pick<AskDeps, "put">,
  job: Pick<JobDocument, "id" | "org_id" | "steps">,
  delaySeconds = 0,
): Promise<void> {
  return put(encodeJobMessage({ attempt: 0, step: job.steps, orgId: job.org_id, jobId: job.id }), delaySeconds);
}

export function standsStill({ moved_at }: Pick<JobDocument, "moved_at">, now: number): boolean {
  return now - Date.parse(moved_at) > STANDS_MS;
}

/**
 * Asks again for the step of a live job that stands still: whoever was to ask was killed between the job and the queue,
 * or the message was lost. Under its ETag, so that of many who see it one asks. The job as it is then.
 */
export async function wakeJob(deps: AskDeps, job: EtaggedJob): Promise<void> {
  const after = { ...withoutEtag(job), moved_at: new Date(deps.now()).toISOString() };
  if (await deps.jobs.replace(job, after)) await askForStep(deps, job);
}

export function withoutEtag({ etag, ...job }: EtaggedJob): JobDocument {
  return job;
}

import type { z } from "zod";
import type { OrgScope } from "../identity/roles.ts";
import type { Deadline } from "../runtime/deadline.ts";
import type { Formatted } from "../store/formats.ts";

/**
 * `waiting`: no step has been done yet. `stopped` by someone, who may continue it. `failed`: a step failed again and
 * again for a reason that is not an outage; it may be continued too, where it ended.
 */
export type JobState = "waiting" | "running" | "stopped" | "done" | "failed";

/** Whoever started a job, as the audit trail has them. */
export interface JobStarter {
  readonly subject: string;
  readonly client_address: string;
  /** Of the request that started it. */
  readonly request_id: string;
}

/** What went wrong with one thing that a job was to do. */
export interface JobError {
  /** Such as the id of an event in quarantine. */
  readonly target: string;
  readonly code: string;
  readonly message: string;
}

/** A long work of one org, as it is stored: what to do, how far it is, what came of it. */
export interface JobDocument extends Formatted {
  /** A UUIDv7, so that the order of ids is that of their times. */
  readonly id: string;
  readonly org_id: string;
  /** A kind of job; of one that this release does not have, a newer one knows. */
  readonly kind: string;
  readonly state: JobState;
  /** As the kind takes them. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** How many things there were to do when it was started; null when that was not counted to the end. */
  readonly total: number | null;
  /** Where the next step begins, as the kind says; null before the first one. */
  readonly cursor: unknown;
  /** How many steps are done. A message names the step that it asks for. */
  readonly steps: number;
  /** Things done, by what came of them. */
  readonly counts: Readonly<Record<string, number>>;
  /** The first ones. */
  readonly errors: readonly JobError[];
  readonly created_at: string;
  readonly created_by: JobStarter;
  /** When a step was last done, or the job was last stopped, continued or asked for anew. */
  readonly moved_at: string;
  /** Not while it is live or stopped. */
  readonly ended_at?: string;
  /** Which of the org's places a live job has. No other job has one, so that queries find live ones by it. */
  readonly place?: number;
  /** Seconds since the last write; not of a live one. */
  readonly ttl?: number;
}

/** Of those that an org has so many of as it may have live jobs. There is a document of a place while it is taken. */
export interface JobPlace extends Formatted {
  /** `place.<number>` */
  readonly id: string;
  readonly org_id: string;
  readonly job_id: string;
}

/** A job, as its kind sees it. */
export interface JobOf<Parameters> extends Pick<JobDocument, "id" | "org_id" | "created_at" | "created_by"> {
  readonly parameters: Parameters;
}

export interface StepResult {
  /** Where the next step begins: JSON of at most some 64 KB. Null: the work is done. */
  readonly cursor: unknown;
  /** What this step has done, by what came of it. */
  readonly counts: Readonly<Record<string, number>>;
  readonly errors: readonly JobError[];
  /** Before the next step, where it has to wait for something; at most a minute. Default: a second. */
  readonly pauseSeconds?: number;
}

/**
 * A kind of long work. A step may be done again from the same cursor, at the same time too, after whatever part of it
 * was done before: then it must say the same of what is done already. It works on a bounded number of things, and ends
 * soon after its deadline. It throws AppError of a status from 500 on when a store does not answer: then the same step
 * is tried for as long as it takes. Anything else that it throws ends the job after some tries.
 */
export interface JobKind<Parameters = unknown> {
  /** What one must be allowed to stop or continue it. */
  readonly scope: OrgScope;
  readonly parameters: z.ZodType<Parameters>;
  step(job: JobOf<Parameters>, cursor: unknown, deadline: Deadline): Promise<StepResult>;
}

/** The kinds of jobs, by their names. A name never changes its meaning: jobs of earlier releases have it. */
export type JobKinds = Readonly<Record<string, JobKind>>;

/** So many live jobs an org has at most, so that it takes at most so many of the turns. */
export const MOST_LIVE = 3;
/** How long an ended or stopped job is known, in seconds. */
export const KEPT_SECONDS = 30 * 24 * 3600;
const MOST_ERRORS = 20;

export function isLive({ state }: Pick<JobDocument, "state">): boolean {
  return state === "waiting" || state === "running";
}

/** The job after a step, unless somebody stopped it meanwhile: then it has done the step all the same. */
export function addStep(job: JobDocument, { cursor, counts, errors }: StepResult, now: number): JobDocument {
  const sums = { ...job.counts };
  for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
  const done = {
    ...job,
    cursor,
    steps: job.steps + 1,
    counts: sums,
    errors: [...job.errors, ...errors].slice(0, MOST_ERRORS),
    moved_at: new Date(now).toISOString(),
  };
  if (cursor === null) return end(done, "done", now);
  return isLive(job) ? { ...done, state: "running" } : done;
}

/** The job as one that is not live any more. Stopped, it may go on, and so it has not ended. */
export function end({ place, ...job }: JobDocument, state: "stopped" | "done" | "failed", now: number): JobDocument {
  const at = new Date(now).toISOString();
  return { ...job, state, moved_at: at, ttl: KEPT_SECONDS, ...(state === "stopped" ? undefined : { ended_at: at }) };
}

import type { JobDocument, JobError, JobState } from "./job.ts";

/** A job as people and programs of its org see it. */
export interface JobView {
  readonly job_id: string;
  readonly kind: string;
  readonly state: JobState;
  /** What it was asked to do. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Things done of so many, as far as they were counted when it was started; null where they were not. */
  readonly progress: { readonly done: number; readonly total: number | null };
  /** Things done, by what came of them. */
  readonly counts: Readonly<Record<string, number>>;
  /** The first ones. */
  readonly errors: readonly JobError[];
  readonly created_at: string;
  /** `member:<id>` or `key:<id>`. */
  readonly created_by: string;
  /** When it last came on, or was stopped or continued. */
  readonly moved_at: string;
  /** Null while it may go on. */
  readonly ended_at: string | null;
}

export function toJobView(job: JobDocument): JobView {
  const { id, kind, state, parameters, total, counts, errors, created_at, created_by, moved_at } = job;
  const done = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return {
    job_id: id,
    kind,
    state,
    parameters,
    progress: { done, total },
    counts,
    errors,
    created_at,
    created_by: created_by.subject,
    moved_at,
    ended_at: job.ended_at ?? null,
  };
}

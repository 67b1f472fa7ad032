import type { JobDocument } from "./job.ts";

export type EtaggedJob = JobDocument & { readonly etag: string };

/** A live job, by where it stands. */
export type LiveJob = Pick<JobDocument, "id" | "org_id" | "steps" | "moved_at"> & { readonly place: number };

/** Where jobs are kept, by org. Every method throws AppError `store_unavailable` when the store does not answer. */
export interface JobStore {
  /** False when its place is taken; nothing is written then. */
  create(job: JobDocument & { readonly place: number }): Promise<boolean>;
  read(orgId: string, id: string): Promise<EtaggedJob | undefined>;
  /**
   * Replaces the job that was read, and takes or gives back its place with it: a live job has one, and no other. False
   * when it has changed or is gone, or its new place is taken; nothing is written then.
   */
  replace(before: EtaggedJob, after: JobDocument): Promise<boolean>;
  /** Newest first, from before an id on where one is given. */
  list(orgId: string, query: { readonly before?: string | undefined; readonly limit: number }): Promise<JobDocument[]>;
  /** The live jobs of an org, in no order. */
  listLive(orgId: string): Promise<readonly LiveJob[]>;
  /** The live jobs of all orgs, page by page, in no order. */
  findLive(): AsyncIterable<readonly LiveJob[]>;
}

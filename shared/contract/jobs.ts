import { z } from "zod";
import type { JobView } from "../jobs/job-view.ts";
import { type JobsPage, jobsParameters } from "../jobs/read-jobs.ts";
import { type Operation, type Reply, shapeOf } from "./operation.ts";
import { at, time } from "./times.ts";

export const resultCounts = z.record(z.string(), z.int()).describe("Things done, by what came of them");
export const jobErrors = z
  .array(z.object({ target: z.string(), code: z.string(), message: z.string() }))
  .describe("The first 20");

const fields = {
  job_id: z.string(),
  kind: z
    .string()
    .describe("Such as `discard-quarantined`, `replay-quarantined` or `backfill-promoted`; there will be more"),
  state: z
    .enum(["waiting", "running", "stopped", "done", "failed"])
    .describe("`waiting`: no step is done yet. `failed`: a step failed again and again; it may be continued"),
  parameters: z.record(z.string(), z.unknown()).describe("What it was asked to do, as its kind has it"),
  progress: z.object({
    done: z.int(),
    total: z.int().nullable().describe("As it was counted at the start; null where there was too much to count"),
  }),
  counts: resultCounts,
  errors: jobErrors,
  created_at: time,
  created_by: z.string().describe("`member:<id>` or `key:<id>`"),
  moved_at: time.describe("When it last came on, or was stopped or continued"),
  ended_at: time.nullable(),
};
const job = shapeOf<JobView>()(z.object(fields));
const named = z.object(fields).meta({ id: "Job", description: "A long work of an org" });

const page = shapeOf<JobsPage>()(
  z.object({ jobs: z.array(named), next_cursor: z.string().nullable().describe("Null on the last page") }),
);

const job_id = "01930000-0000-7000-8000-000000000000";
const one = {
  ...{ job_id, kind: "discard-quarantined", state: "running" },
  parameters: { reason: "a test of ours", code: "wrong_type", to: at },
  ...{ progress: { done: 50, total: 120 }, counts: { discarded: 49, gone: 1 }, errors: [] },
  ...{ created_at: at, created_by: "member:m1", moved_at: at, ended_at: null },
};
const stopped = { ...one, state: "stopped" };

export const startedExample = { ...one, state: "waiting", progress: { done: 0, total: 120 }, counts: {} };

/** What starts a job. */
export const started: Reply = {
  says: "The job; `Location` is where to ask how far it is",
  schema: job,
  example: startedExample,
  headers: ["location"],
};

/** The same of a replay. */
export const startedReplay: Reply = {
  ...started,
  example: {
    ...{ ...one, kind: "replay-quarantined", state: "waiting", parameters: { code: "wrong_type", to: at } },
    ...{ progress: { done: 0, total: 120 }, counts: {} },
  },
};

const changed = ["job_not_found", "job_ended", "store_unavailable"] as const;

export const jobOperations = {
  "list-jobs": {
    about: "events",
    query: jobsParameters,
    replies: { 200: { says: "A page, the newest first", schema: page, example: { jobs: [one], next_cursor: null } } },
    codes: ["store_unavailable"],
  },
  "read-job": {
    about: "events",
    example: { job_id },
    replies: { 200: { says: "How far it is, and what it has done", schema: job, example: one } },
    codes: ["job_not_found", "store_unavailable"],
  },
  "stop-job": {
    about: "events",
    example: { job_id },
    replies: { 200: { says: "It is stopped; a step that is under way ends", schema: job, example: stopped } },
    codes: changed,
  },
  "continue-job": {
    about: "events",
    example: { job_id },
    replies: { 200: { says: "It goes on where it ended", schema: job, example: one } },
    codes: [...changed, "too_many_jobs"],
  },
} as const satisfies Record<string, Operation>;

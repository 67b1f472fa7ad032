import { uuidv7 } from "../runtime/uuid.ts";
import type { JobDocument } from "./job.ts";

/** Whoever starts, stops or continues a job. */
export interface JobActor {
  readonly subject: string;
  readonly clientAddress: string;
  readonly requestId: string;
}

/** The line of the audit trail that tells of a job. */
export interface JobLine {
  readonly auditId: string;
  readonly at: string;
  readonly action: "job.started" | "job.stopped" | "job.continued";
  /** `job:<id>` */
  readonly target: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly actor: JobActor;
}

/** Writes the line, unless it is there. Throws AppError `store_unavailable`. */
export type TellJob = (orgId: string, line: JobLine) => Promise<void>;

export function toLine(
  { id, kind, parameters }: Pick<JobDocument, "id" | "kind" | "parameters">,
  action: JobLine["action"],
  actor: JobActor,
  now: number,
): JobLine {
  const at = new Date(now).toISOString();
  return { auditId: `audit:${uuidv7(now)}`, at, action, target: `job:${id}`, details: { kind, parameters }, actor };
}

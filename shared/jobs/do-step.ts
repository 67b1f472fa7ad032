import { AppError } from "../errors.ts";
import { type Deadline, startDeadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import type { TellNewer } from "../store/newer-formats.ts";
import type { Logger } from "../telemetry/log.ts";
import { type AskDeps, askForStep, standsStill, wakeJob, withoutEtag } from "./ask-for-step.ts";
import { addStep, end, isLive, type JobDocument, type JobKind, type JobKinds, type StepResult } from "./job.ts";
import { decodeJobMessage, encodeJobMessage, type JobMessage, readNewerJobMessage } from "./job-message.ts";
import type { EtaggedJob } from "./job-store.ts";

export interface StepDeps extends AskDeps {
  readonly kinds: JobKinds;
  /** Keeps a text that is no message of a job. Throws when it cannot. */
  readonly keepText: (text: string) => Promise<void>;
  readonly tellNewer: TellNewer;
}

/** A step's own time, far below `functionTimeout` (host.json): at it the host ends its worker with all work in hand. */
const STEP_MS = 30_000;
/** Between two steps of a job, in seconds: stores that all orgs share have a rest, and other jobs their turn. */
const PAUSE_SECONDS = 1;
/** When a step that was done is looked at once more. */
const LOOK_AGAIN_SECONDS = 200;
/** Between two tries of a step, in seconds: doubling from 1 to this. */
const MOST_DELAY_SECONDS = 60;
/** Tries of a step that fails for a reason which is not an outage. Then the job has failed. */
const MOST_TRIES = 5;

/**
 * Does the step of a job that a message asks for, and asks for the next one, in this order: what the step did, the job,
 * the queue. Killed anywhere, the same step is done again, or the next one is asked for again. Throws when the queue
 * does not answer; then the host delivers the message again.
 */
export async function doStep(deps: StepDeps, text: string, log: Logger): Promise<void> {
  const newer = readNewerJobMessage(text);
  if (newer) {
    reached("job-message-of-newer-release");
    await deps.put(newer.again, delayOf(newer.attempt));
    return deps.tellNewer("job_message", newer.version, log);
  }
  const message = await readMessage(deps, text, log);
  if (message) await tryStep(deps, message, log);
}

async function readMessage(deps: StepDeps, text: string, log: Logger): Promise<JobMessage | undefined> {
  try {
    return decodeJobMessage(text);
  } catch (error) {
    reached("job-message-unreadable");
    log.error("a message of the jobs' queue cannot be read; it goes to quarantine as it is", { error });
    await deps.keepText(text);
    return undefined;
  }
}

async function tryStep(deps: StepDeps, message: JobMessage, log: Logger): Promise<void> {
  const { orgId: org_id, jobId: job_id, attempt, step } = message;
  let job: EtaggedJob | undefined;
  let after: JobDocument | undefined;
  let pause = PAUSE_SECONDS;
  try {
    job = await deps.jobs.read(org_id, job_id);
    if (!job || !isLive(job)) return;
    if (job.steps !== step) return await passOver(deps, message, job);
    const kind = Object.hasOwn(deps.kinds, job.kind) ? deps.kinds[job.kind] : undefined;
    if (!kind) return await leaveToNewer(deps, message, job.kind, log);
    const result = await runStep(kind, job);
    pause = result.pauseSeconds ?? PAUSE_SECONDS;
    after = await change(deps, job, step, (now) => addStep(now, result, deps.now()));
  } catch (error) {
    const about = { org_id, job_id, step, attempt, error };
    if (isOutage(error)) log.warn("a step of a job could not be done, and is tried again", about);
    else log.error("a step of a job failed", about);
    if (job && !isOutage(error) && attempt + 1 >= MOST_TRIES) return failJob(deps, step, job);
    return deps.put(encodeJobMessage({ ...message, attempt: attempt + 1 }), delayOf(attempt));
  }
  if (after && isLive(after)) await askForStep(deps, after, pause);
}

function isOutage(error: unknown): boolean {
  return error instanceof AppError && error.status >= 500;
}

function runStep(kind: JobKind, job: EtaggedJob, deadline: Deadline = startDeadline(STEP_MS)): Promise<StepResult> {
  const { id, org_id, created_at, created_by, cursor } = job;
  const parameters = kind.parameters.parse(job.parameters);
  return kind.step({ id, org_id, created_at, created_by, parameters }, cursor, deadline);
}

/**
 * The step was done, and the next one is asked for, unless whoever did it was killed in between, or the queue did not
 * answer: so the last step is looked at once more, when the job would stand still.
 */
async function passOver(deps: StepDeps, message: JobMessage, job: EtaggedJob): Promise<void> {
  reached("job-step-done-before");
  if (standsStill(job, deps.now())) return wakeJob(deps, job);
  if (message.step === job.steps - 1) await deps.put(encodeJobMessage(message), LOOK_AGAIN_SECONDS);
}

async function leaveToNewer(deps: StepDeps, message: JobMessage, kind: string, log: Logger): Promise<void> {
  reached("job-of-newer-release");
  log.warn("a job of a kind that only a newer release has waits for one", { job_id: message.jobId, kind });
  await deps.put(encodeJobMessage({ ...message, attempt: message.attempt + 1 }), delayOf(message.attempt));
}

async function failJob(deps: StepDeps, step: number, job: EtaggedJob): Promise<void> {
  reached("job-failed");
  const error = { target: `step:${step}`, code: "internal", message: "the step failed again and again" };
  await change(deps, job, step, (now) =>
    isLive(now) ? end({ ...now, errors: [...now.errors, error] }, "failed", deps.now()) : now,
  );
}

/**
 * Changes a job, as long as it is at this step: also one that was stopped meanwhile. Undefined when another delivery
 * has done the same step, and asks for the next one; or when the job is gone.
 */
async function change(
  deps: StepDeps,
  read: EtaggedJob,
  step: number,
  make: (job: JobDocument) => JobDocument,
): Promise<JobDocument | undefined> {
  let job: EtaggedJob | undefined = read;
  while (job && job.steps === step) {
    const after = make(withoutEtag(job));
    if (await deps.jobs.replace(job, after)) return after;
    reached("job-changed-meanwhile");
    job = await deps.jobs.read(read.org_id, read.id);
  }
  return undefined;
}

/** With jitter, so that steps refused together do not come back together. */
function delayOf(attempt: number): number {
  return Math.ceil(Math.min(2 ** Math.min(attempt, 20), MOST_DELAY_SECONDS) * (0.5 + Math.random() / 2));
}

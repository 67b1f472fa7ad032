import type { Logger } from "../telemetry/log.ts";
import { type AskDeps, standsStill, wakeJob } from "./ask-for-step.ts";

/**
 * Asks for the next step of each job that stands still, of all orgs. A timer does it, for jobs that nobody looks at.
 * Never throws: the next run goes on.
 */
export async function wakeJobs(deps: AskDeps, log: Logger): Promise<void> {
  try {
    for await (const page of deps.jobs.findLive()) {
      for (const { org_id, id } of page.filter((one) => standsStill(one, deps.now()))) {
        const job = await deps.jobs.read(org_id, id);
        if (job?.place === undefined || !standsStill(job, deps.now())) continue;
        log.warn("a job stood still; its next step is asked for again", { org_id, job_id: id });
        await wakeJob(deps, job);
      }
    }
  } catch (error) {
    log.warn("jobs that stand still could not be looked for", { error });
  }
}

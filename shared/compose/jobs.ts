import type { JobKinds } from "../jobs/job.ts";
import { startJob } from "../jobs/start-job.ts";
import { createDiscardKind, DISCARD_KIND } from "../quarantine/discard-found.ts";
import { createQuarantine } from "../quarantine/quarantine.ts";
import type { Adapters } from "./adapters.ts";
import type { Secrets } from "./secrets.ts";
import { createTellAct } from "./tell-act.ts";

/** What jobs are started, done, stopped and continued by. */
export function composeJobs(adapters: Adapters, { keyRings }: Pick<Secrets, "keyRings">) {
  const { jobs, queue, quarantine, events, ledger, claims } = adapters;
  const now = Date.now;
  const tell = createTellAct(adapters);
  /** A kind of long work is a row. */
  const kinds: JobKinds = {
    [DISCARD_KIND]: createDiscardKind({ quarantine, events, ledger, claims, tell, keyRings, now }),
  };
  const put = (text: string, delaySeconds: number) => queue.put(text, delaySeconds, "jobs");
  const deps = { jobs, put, tell, kinds, now };
  return {
    ...deps,
    startJob: (...[actor, orgId, job]: Tail<Parameters<typeof startJob>>) => startJob(deps, actor, orgId, job),
    keepText: (text: string) => keepText(createQuarantine(quarantine, claims), text),
  };
}

type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never;

/** Throws when it cannot. */
async function keepText(quarantine: ReturnType<typeof createQuarantine>, text: string): Promise<void> {
  const kept = await quarantine.keepBytes(`jobs queue: ${text}`, Buffer.from(text));
  if (kept.status === "unavailable") throw new Error("the quarantine does not answer; the message is tried again");
}

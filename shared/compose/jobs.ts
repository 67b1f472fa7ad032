import type { Config } from "../config.ts";
import type { JobKinds } from "../jobs/job.ts";
import { startJob } from "../jobs/start-job.ts";
import { type ReadBacklog, tellBacklog } from "../pipeline/backlog.ts";
import { createDiscardKind, DISCARD_KIND } from "../quarantine/discard-found.ts";
import { createQuarantine } from "../quarantine/quarantine.ts";
import type { CheckDeps } from "../replay/check-kept.ts";
import { createReplayKind, REPLAY_KIND } from "../replay/replay-found.ts";
import { createSharedMemory, type SharedMemory } from "../runtime/shared-memory.ts";
import { takeTurns } from "../runtime/turn.ts";
import { BACKFILL_KIND, createBackfillKind } from "../schema/backfill/backfill-promoted.ts";
import { processLog } from "../telemetry/log.ts";
import type { Access } from "./access.ts";
import type { Adapters } from "./adapters.ts";
import { composeJudge } from "./registry.ts";
import type { Secrets } from "./secrets.ts";
import { createTellAct } from "./tell-act.ts";

/** What events in quarantine are checked by when they are replayed. */
export type Checking = CheckDeps & { readonly memory: SharedMemory };

/** What readers of events in quarantine that lie in blobs hold at once, in bytes, and how long in ms one waits. */
const KEPT_BYTES = 48 * 1024 * 1024;
const KEPT_WAIT_MS = 5_000;

export function composeChecking(config: Config, adapters: Adapters, secrets: Secrets, access: Access): Checking {
  const memory = createSharedMemory({ maxBytes: KEPT_BYTES, waitMs: KEPT_WAIT_MS });
  return { limits: config.limits, openJudge: composeJudge(adapters, secrets, access, config), memory };
}

/** What jobs are started, done, stopped and continued by. */
export function composeJobs(adapters: Adapters, { keyRings }: Pick<Secrets, "keyRings">, checking: Checking) {
  const { jobs, queue, quarantine, events, ledger, claims, columns, registry, readBacklog } = adapters;
  const now = Date.now;
  const tell = createTellAct(adapters);
  const acting = { quarantine, events, ledger, claims, tell, keyRings, now };
  /** A kind of long work is a row. */
  const kinds: JobKinds = {
    [DISCARD_KIND]: createDiscardKind(acting),
    [REPLAY_KIND]: createReplayKind({ ...acting, ...checking, takeTurns }),
    [BACKFILL_KIND]: createBackfillKind({ columns, registry, isIdle: () => isIdle(readBacklog), now }),
  };
  const put = (text: string, delaySeconds: number) => queue.put(text, delaySeconds, "jobs");
  const deps = { jobs, put, tell, kinds, now };
  return {
    ...deps,
    startJob: (...[actor, orgId, job]: Tail<Parameters<typeof startJob>>) => startJob(deps, actor, orgId, job),
    keepText: (text: string) => keepText(createQuarantine(quarantine, claims), text),
  };
}

/** Of all orgs together. */
async function isIdle(readBacklog: ReadBacklog): Promise<boolean> {
  const backlog = await tellBacklog(readBacklog, processLog);
  return backlog !== null && backlog.envelopes_to_dispatch === 0 && backlog.work_items === 0;
}

type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never;

/** Throws when it cannot. */
async function keepText(quarantine: ReturnType<typeof createQuarantine>, text: string): Promise<void> {
  const kept = await quarantine.keepBytes(`jobs queue: ${text}`, Buffer.from(text));
  if (kept.status === "unavailable") throw new Error("the quarantine does not answer; the message is tried again");
}

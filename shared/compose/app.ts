import type { HttpHandler, InvocationContext } from "@azure/functions";
import { type Config, readConfig } from "../config.ts";
import { guard } from "../http/guard.ts";
import type { RouteName } from "../http/routes.ts";
import { doStep } from "../jobs/do-step.ts";
import { wakeJobs } from "../jobs/wake-jobs.ts";
import { createSweepLedger } from "../ledger/sweep-ledger.ts";
import { createNoteTimerRun, isDue } from "../operator/timer-runs.ts";
import { createChooseLanes } from "../pipeline/choose-lanes.ts";
import { dispatchEnvelopes } from "../pipeline/dispatch-envelopes.ts";
import { persistWorkItem } from "../pipeline/persist-work-item.ts";
import { textOfQueueMessage, triesOf } from "../pipeline/queue-message.ts";
import { readStreamMessages } from "../pipeline/read-stream-messages.ts";
import { takeBackPoison } from "../pipeline/take-back-poison.ts";
import type { Lane } from "../pipeline/work-queue.ts";
import { sweepQuarantine } from "../quarantine/sweep-quarantine.ts";
import { startDeadline } from "../runtime/deadline.ts";
import { createMemoryBudget } from "../runtime/memory-budget.ts";
import { rotateDueSecrets } from "../secrets/keep-secrets.ts";
import { createTellNewer } from "../store/newer-formats.ts";
import { logTo } from "../telemetry/log.ts";
import { createAccess } from "./access.ts";
import { connectAdapters } from "./adapters.ts";
import { composeEndpoints, composeUnrouted } from "./endpoints.ts";
import { composeChecking, composeJobs } from "./jobs.ts";
import { createSecrets } from "./secrets.ts";
import { type Composition, composeVersions } from "./versions.ts";

/**
 * The parts that the functions call: the endpoints by their routes' names, what answers where there is no route, and
 * one member for each other trigger.
 */
export interface Headrace {
  readonly endpoints: Readonly<Record<RouteName, HttpHandler>>;
  readonly unrouted: HttpHandler;
  dispatch(messages: unknown, context: InvocationContext): Promise<void>;
  persist(message: unknown, context: InvocationContext): Promise<void>;
  persistBulk(message: unknown, context: InvocationContext): Promise<void>;
  persistPoison(message: unknown, context: InvocationContext): Promise<void>;
  doJob(message: unknown, context: InvocationContext): Promise<void>;
  sweepLedger(context: InvocationContext): Promise<void>;
  rotateSecrets(context: InvocationContext): Promise<void>;
}

/**
 * Unpacked bytes of envelopes in work at once, in each lane: parsed they take several times as much, and 512 MB must
 * do. In Azure an instance has one lane.
 */
const PERSIST_BYTES = 24 * 1024 * 1024;
/** Their last requests have 20 s each, and `functionTimeout` (host.json) is 10 minutes. */
const SWEEP_MS = 6 * 60_000;
const SWEEP_QUARANTINE_MS = 2 * 60_000;
/** Both are swept once a day. The timer ticks each hour, so that a sweep that came to no end goes on. */
const SWEEP_EVERY_MS = 23 * 3_600_000;

let instance: Headrace | undefined;

/**
 * The running product, made from the environment at first use. Throws an Error that names every wrong setting, and
 * RangeError for deprecations that break the policy.
 */
export function headrace(composition?: Composition): Headrace {
  instance ??= createHeadrace(readConfig(), composition);
  return instance;
}

/** What the function of a route is registered with. */
export function handleRoute(path: string, choose: (product: Headrace) => HttpHandler): HttpHandler {
  return guard(path, (request, context) => choose(headrace())(request, context));
}

/**
 * The composition root. First the adapters; then the secrets, by which people and programs are told apart; then the
 * parts that serve them.
 */
function createHeadrace(config: Config, composition: Composition = {}): Headrace {
  const adapters = connectAdapters(config);
  const secrets = createSecrets(config, adapters);
  const access = createAccess(config, adapters, secrets);
  const versions = composeVersions(adapters, composition);
  const checking = composeChecking(config, adapters, secrets, access);
  const jobs = composeJobs(adapters, secrets, checking);
  const endpoints = composeEndpoints(config, adapters, secrets, access, { versions, jobs, checking });

  const { events, ledger, quarantine, claims, queue, timerRuns, newerFormats } = adapters;
  const noteTimerRun = createNoteTimerRun(timerRuns, Date.now);
  const tellNewer = createTellNewer(newerFormats, Date.now);
  const persistDeps = { events, ledger, quarantine, claims, queue, tellNewer };
  const persistIn = (lane: Lane): Headrace["persist"] => {
    const deps = { ...persistDeps, lane, memory: createMemoryBudget(PERSIST_BYTES) };
    return (message, context) => persistWorkItem(deps, textOfQueueMessage(message), triesOf(context), logTo(context));
  };
  const chooseLanes = createChooseLanes();
  const sweepLedger = createSweepLedger(ledger);
  const place = {
    read: () => timerRuns.readPlace("sweep-ledger"),
    keep: (orgId: string) => timerRuns.keepPlace("sweep-ledger", orgId),
  };
  const sweepDeps = { quarantine, events, ledger, claims, place, tell: jobs.tell, now: Date.now };
  const rotateDeps = { ...secrets.rotation, secrets: secrets.secrets };
  const owned = Object.values(secrets.owned);
  return {
    endpoints,
    unrouted: composeUnrouted(config),
    dispatch: (messages, context) => {
      const log = logTo(context);
      return dispatchEnvelopes({ queue, claims, chooseLanes }, readStreamMessages(messages, context, log), log);
    },
    persist: persistIn("work"),
    persistBulk: persistIn("bulk"),
    persistPoison: (message, context) => takeBackPoison(queue, textOfQueueMessage(message), logTo(context)),
    doJob: (message, context) => doStep({ ...jobs, tellNewer }, textOfQueueMessage(message), logTo(context)),
    sweepLedger: async (context) => {
      const log = logTo(context);
      await wakeJobs(jobs, log);
      if (!(await isDue(timerRuns, "sweep-ledger", Date.now() - SWEEP_EVERY_MS, log))) return;
      const isEnded = await sweepQuarantine(sweepDeps, startDeadline(SWEEP_QUARANTINE_MS), log);
      if ((await sweepLedger(startDeadline(SWEEP_MS), log)) && isEnded) await noteTimerRun("sweep-ledger", log);
    },
    rotateSecrets: async (context) => {
      if (await rotateDueSecrets(rotateDeps, owned, logTo(context)))
        await noteTimerRun("rotate-secrets", logTo(context));
    },
  };
}

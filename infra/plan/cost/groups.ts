import host from "../../../host.json" with { type: "json" };
import { assumed } from "./assumptions.ts";
import type { Flow } from "./flow.ts";
import { numberAt, ofType, type Planned, valueAt } from "./planned.ts";
import { runsPerSecond, timers } from "./timers.ts";

/** What the platform scales as one: all HTTP functions together, every other function alone. */
export interface Group {
  /** As always-ready instances are configured: `http`, `function:dispatch`. */
  readonly name: string;
  /** In a second. */
  readonly runs: number;
  /** Instances that are at work, on average; a tenth is one that works a tenth of the time. */
  readonly busy: number;
  /** Instances that never sleep. */
  readonly ready: number;
  /** Instances that are there, at work or not. */
  readonly awake: number;
}

interface Work {
  readonly name: string;
  readonly runs: number;
  /** Of a run, waits included. */
  readonly seconds: number;
  /** Runs at once in an instance. */
  readonly atOnce: number;
  /** Seconds of a processor, in a second. */
  readonly cpu: number;
}

/** Cores of an instance by its memory ("Flex Consumption plan", instance sizes). */
const cores: Readonly<Record<number, number>> = { 512: 0.25, 2048: 1, 4096: 2 };

/** How busy the app's groups are. `probes` are Front Door's, in a second. */
export function groupsOf(app: Planned, planned: readonly Planned[], flow: Flow, probes: number): Group[] {
  const memory = numberAt(app, "functionAppConfig.scaleAndConcurrency.instanceMemoryMB");
  const size = cores[memory];
  if (size === undefined)
    throw new Error(`${memory} MB is no size of an instance that infra/plan/cost/groups.ts knows`);
  const ready = readyOf(app);
  return worksOf(app, planned, flow, probes).map((work) => toGroup(work, size, ready[work.name] ?? 0));
}

function worksOf(app: Planned, planned: readonly Planned[], flow: Flow, probes: number): Work[] {
  const { queues } = host.extensions;
  const partitions = ofType(planned, "eventhub:EventHub").reduce(
    (sum, hub) => sum + numberAt(hub, "partitionCount"),
    0,
  );
  // The storing of an event is dispatching and persisting; which of the two takes more is not measured.
  const storing = flow.storeCpu / 2;
  return [
    {
      name: "http",
      runs: flow.requests + probes,
      seconds: assumed("httpSeconds"),
      atOnce: numberAt(app, "functionAppConfig.scaleAndConcurrency.triggers.http.perInstanceConcurrency"),
      cpu: flow.ingestCpu,
    },
    {
      // A checkpoint after each run: there are no more runs than operations on blobs.
      name: "function:dispatch",
      runs: Math.min(flow.blobOperations, flow.hubMessages),
      seconds: assumed("dispatchSeconds"),
      atOnce: Math.max(1, partitions),
      cpu: storing,
    },
    {
      name: "function:persist",
      runs: flow.workItems,
      seconds: assumed("persistSeconds"),
      atOnce: queues.batchSize + queues.newBatchThreshold,
      cpu: storing,
    },
    {
      // Which share of the work is in the lane for bulk depends on the orgs: all of it is counted in the other one.
      name: "function:persist-bulk",
      runs: 0,
      seconds: 0,
      atOnce: 1,
      cpu: 0,
    },
    {
      // Jobs come when people ask for them: docs/adr/0061-jobs.md has what one costs.
      name: "function:do-job",
      runs: 0,
      seconds: 0,
      atOnce: 1,
      cpu: 0,
    },
    ...timers.map((timer) => ({
      name: `function:${timer.name}`,
      runs: runsPerSecond(timer),
      seconds: 0,
      atOnce: 1,
      cpu: 0,
    })),
  ];
}

function toGroup({ name, runs, seconds, atOnce, cpu }: Work, size: number, ready: number): Group {
  // Side by side in one instance runs are billed once, but none for less than a second.
  const alone = Math.min(1, runs * Math.max(assumed("billedSeconds"), seconds));
  const needed = Math.max((runs * seconds) / atOnce, cpu / (size * assumed("processorShare")));
  const busy = needed > 1 ? Math.ceil(needed) : Math.max(alone, needed);
  return { name, runs, busy, ready, awake: Math.max(ready, Math.ceil(busy)) };
}

function readyOf(app: Planned): Readonly<Record<string, number>> {
  const value = valueAt(app, "functionAppConfig.scaleAndConcurrency.alwaysReady");
  const all = Array.isArray(value) ? (value as { name: string; instanceCount: number }[]) : [];
  return Object.fromEntries(all.map(({ name, instanceCount }) => [name, instanceCount]));
}

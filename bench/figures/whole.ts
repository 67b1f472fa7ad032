import { setTimeout as sleep } from "node:timers/promises";
import type { LoadProcess } from "../load/load-process.ts";
import { peakBytesOf, startCpuClock } from "../rig/process-stat.ts";
import type { Rig } from "../rig/rig.ts";
import { type RunningApp, startApp } from "../rig/start-app.ts";
import type { Aim, Figure } from "./figure.ts";
import { quantile } from "./statistics.ts";

const EVENTS = 1_000_000;
/** How many times fewer events the org has that the large one is compared with. */
const SMALLER = 1_000;
/** Of each kind, or as many as there is time for. */
const READS = 300;
const READ_SECONDS = 10;
const LOOK_EVERY_MS = 50;
const PATIENCE_MS = 600_000;
const DAY_MS = 24 * 3_600_000;
/** The limits that V8 sets itself in an instance of 512 MB; here it would find the whole machine's memory. */
const SMALL_INSTANCE = { NODE_OPTIONS: "--max-old-space-size=256 --max-semi-space-size=4" };

export const whole: Figure = {
  name: "whole",
  title: "A million events through one host, then reading among them",
  measure: async (rig) => {
    const app = await startApp(rig, { appDir: rig.bundleDir }, SMALL_INSTANCE);
    const large = await app.makeOrg("large");
    const small = await app.makeOrg("small");
    const problems: string[] = [];
    const events = rig.scale(EVENTS);
    await fill(rig, app, small, Math.max(100, events / SMALLER), "small", problems);
    const { pids: _, ...filled } = await fill(rig, app, large, events, "large", problems);
    const peak = peakBytesOf(app.stack.pids()["functions-host"]) / 1e6;
    rig.say(`  ${events} events are stored; reading`);
    const reading = await measureReading(rig, app, { large, small }, problems);
    const stages = Object.entries(filled.cpu);
    const hostUs = ((filled.cpu["functions-host"] ?? Number.NaN) * 1000) / events;
    const aims: Aim[] = [
      { what: "peak memory of the host, MB", found: peak, better: "less", aim: 300 },
      { what: "processor time of the host, from request to stored, µs/event", found: hostUs, better: "less", aim: 30 },
    ];
    return {
      tables: [
        {
          columns: ["filling", "events/s"],
          rows: [
            ["taken", filled.takenPerSecond],
            ["stored, from the first request on", filled.storedPerSecond],
          ],
        },
        {
          columns: ["processor time", "µs/event"],
          rows: stages.map(([stage, ms]) => [stage, (ms * 1000) / events]),
        },
        { columns: ["peak memory", "MB"], rows: [["Functions host with the app", peak]] },
        reading,
      ],
      aims,
      problems,
      notes: [
        `${events.toLocaleString("en")} events of one org, spread over a day, sent to the API in batches of 100 as fast as it took them (16 connections), all functions in one host; and one org with ${Math.round(Math.max(100, events / SMALLER))}.`,
        "Peak memory is VmHWM of the process that is host and app in one, over all of this, with the limits of memory that V8 sets itself in an instance of 512 MB. Reading is one request at a time, when the pipeline is at rest.",
      ],
    };
  },
};

interface Filled {
  readonly takenPerSecond: number;
  readonly storedPerSecond: number;
  /** Milliseconds by process. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly pids: Readonly<Record<string, number>>;
}

async function fill(
  rig: Rig,
  { stack, baseUrl }: RunningApp,
  apiKey: string,
  events: number,
  prefix: string,
  problems: string[],
): Promise<Filled> {
  const created = async (): Promise<number> => (await stack.usage("cosmos"))["created events"] ?? 0;
  const pids = { ...stack.pids(), load: rig.load.pid };
  const before = await created();
  const readCpu = startCpuClock(pids);
  const began = performance.now();
  const sent = await rig.load.send({
    ...{ baseUrl, apiKey, events, batch: 100, encoding: "identity", connections: 16, prefix, spanMs: DAY_MS },
    seconds: PATIENCE_MS / 1000,
  });
  for (const [what, count] of Object.entries(sent.failures)) problems.push(`filling: ${count} × ${what}`);
  while ((await created()) - before < sent.events) {
    if (performance.now() - began > PATIENCE_MS) {
      problems.push(`${(await created()) - before} of ${sent.events} events were stored`);
      break;
    }
    await sleep(LOOK_EVERY_MS);
  }
  const seconds = (performance.now() - began) / 1000;
  await sleep(rig.quick ? 1_000 : 10_000);
  return {
    takenPerSecond: sent.events / sent.seconds,
    storedPerSecond: sent.events / seconds,
    cpu: readCpu(),
    pids,
  };
}

const hour = (ms: number): string => new Date(Math.floor(ms / 3_600_000) * 3_600_000).toISOString();

async function measureReading(
  rig: Rig,
  { baseUrl }: RunningApp,
  orgs: { readonly large: string; readonly small: string },
  problems: string[],
) {
  const to = Date.now() + 3_600_000;
  const day = `from=${hour(to - 26 * 3_600_000)}&to=${hour(to)}`;
  const paths: Readonly<Record<string, string>> = {
    "/events, newest 100": "/api/v1/events?limit=100",
    "/events, 100 of a type in an hour": `/api/v1/events?limit=100&event_type=clicked&from=${hour(to - 6 * 3_600_000)}&to=${hour(to - 5 * 3_600_000)}`,
    "/events, 100 of a user in a day": `/api/v1/events?limit=100&user_id=user-4711&${day}`,
    "/metrics/events, a day by hour": `/api/v1/metrics/events?interval=hour&${day}`,
  };
  const rows: (string | number)[][] = [];
  for (const [name, path] of Object.entries(paths)) {
    const large = await readSome(rig.load, baseUrl, orgs.large, path, rig, problems);
    const small = await readSome(rig.load, baseUrl, orgs.small, path, rig, problems);
    rows.push([
      name,
      large.length,
      quantile(large, 0.5),
      quantile(large, 0.99),
      quantile(small, 0.5),
      quantile(small, 0.99),
      quantile(large, 0.5) / quantile(small, 0.5),
    ]);
  }
  return {
    columns: ["reading", "requests", "p50, ms", "p99, ms", "small org p50", "small org p99", "large ÷ small, p50"],
    rows,
  };
}

async function readSome(
  load: LoadProcess,
  baseUrl: string,
  apiKey: string,
  path: string,
  rig: Rig,
  problems: string[],
): Promise<readonly number[]> {
  const requests = rig.quick ? 5 : READS;
  const { failures, latenciesMs } = await load.read({
    baseUrl,
    apiKey,
    paths: [path],
    requests,
    seconds: READ_SECONDS,
    connections: 1,
  });
  for (const [what, count] of Object.entries(failures)) problems.push(`${path}: ${count} × ${what}`);
  return latenciesMs;
}

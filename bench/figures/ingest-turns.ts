import type { WayName } from "../load/ways.ts";
import { startCpuClock } from "../rig/process-stat.ts";
import type { Rig } from "../rig/rig.ts";
import type { Table } from "./figure.ts";
import { median, medianRatio, sum } from "./statistics.ts";

/** So many, or a few more: a multiple of the number of rivals, as the order of turns matters. */
const ROUNDS = 8;
const ROUND_SECONDS = 1.5;
/** The warm-up of the compiler: so many requests, or so many seconds. */
const WARM_UP_REQUESTS = 3_000;
const WARM_UP_SECONDS = 6;
const QUICK_SECONDS = 0.3;

export interface Load {
  readonly name: string;
  readonly batch: number;
  readonly encoding: "identity" | "gzip";
  readonly connections: number;
  /** All functions in one host, and all of them at work. */
  readonly whole?: boolean;
}

export interface Rival {
  readonly name: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Processes that work for it, by stage. The first is the server itself. */
  readonly pids: Readonly<Record<string, number>>;
  readonly takesGzip: boolean;
  /** In whose form events are sent to it; our own by default. */
  readonly way?: WayName;
  /** Stops and continues its work between its turns. */
  readonly turn?: { begin(): Promise<void>; end(): Promise<void> };
}

export interface Sample {
  readonly eventsPerSecond: number;
  /** Microseconds an event, by stage. */
  readonly cpu: Readonly<Record<string, number>>;
}

export type Samples = ReadonlyMap<string, Sample[]>;

/** Servers take turns at one load; problems are added to `problems`. */
export async function measureLoad(
  rig: Rig,
  load: Load,
  rivals: readonly Rival[],
  problems: string[],
): Promise<Samples> {
  const rounds = Math.ceil(ROUNDS / rivals.length) * rivals.length;
  const samples = new Map<string, Sample[]>(rivals.map(({ name }) => [name, []]));
  for (let round = -1; round < (rig.quick ? 1 : rounds); round++) {
    const warmUp = round < 0;
    const seconds = rig.quick ? QUICK_SECONDS : warmUp ? WARM_UP_SECONDS : rig.scale(ROUND_SECONDS);
    for (let i = 0; i < rivals.length; i++) {
      const rival = rivals[(i + round + 1) % rivals.length];
      if (!rival) continue;
      const events = warmUp ? WARM_UP_REQUESTS * load.batch : Number.MAX_SAFE_INTEGER;
      const sample = await measureOnce(rig, load, rival, { seconds, events }, problems);
      if (!warmUp) samples.get(rival.name)?.push(sample);
    }
  }
  return samples;
}

let jobs = 0;

async function measureOnce(
  rig: Rig,
  { batch, encoding, connections, name }: Load,
  { baseUrl, apiKey, pids, name: rival, turn, way }: Rival,
  bounds: { readonly seconds: number; readonly events: number },
  problems: string[],
): Promise<Sample> {
  await turn?.begin();
  const readCpu = startCpuClock(pids);
  const prefix = `i${jobs++}`;
  const sent = await rig.load.send({
    ...{ baseUrl, apiKey, batch, encoding, connections, prefix, ...bounds },
    spanMs: 3_600_000,
    ...(way && { way }),
  });
  const cpu = Object.fromEntries(Object.entries(readCpu()).map(([stage, ms]) => [stage, (ms * 1000) / sent.events]));
  await turn?.end();
  for (const [what, count] of Object.entries(sent.failures)) {
    problems.push(`${rival}, batches of ${name}: ${count} × ${what}`);
  }
  if (sent.events === 0) problems.push(`${rival}, batches of ${name}: nothing was taken`);
  return { eventsPerSecond: sent.events / sent.seconds, cpu };
}

/** One row for each of them, with what Headrace is beside it. */
export function tabulate(load: Load, rivals: readonly Rival[], samples: Samples): Table {
  const rates = (name: string): number[] => (samples.get(name) ?? []).map((sample) => sample.eventsPerSecond);
  const cpuOf = (name: string): number[] => (samples.get(name) ?? []).map((sample) => sample.cpu.server ?? Number.NaN);
  const rows = rivals.map(({ name }) => {
    const others = (samples.get(name) ?? []).map(({ cpu: { server: _, ...rest } }) => sum(Object.values(rest)));
    return [
      name,
      median(rates(name)),
      name === "Headrace" ? 1 : medianRatio(rates("Headrace"), rates(name)),
      median(cpuOf(name)),
      name === "Headrace" ? 1 : medianRatio(cpuOf("Headrace"), cpuOf(name)),
      median(others),
    ];
  });
  return {
    columns: [
      `batches of ${load.name}`,
      "events/s",
      "Headrace ÷ it",
      "CPU µs/event",
      "Headrace ÷ it, CPU",
      "emulators, µs/event",
    ],
    rows,
  };
}

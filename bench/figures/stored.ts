import { setTimeout as sleep } from "node:timers/promises";
import { startCpuClock } from "../rig/process-stat.ts";
import type { Rig } from "../rig/rig.ts";
import { plainDir, plainTriggers, productTriggers, type SplitApp, startSplitApp } from "../rig/start-app.ts";
import type { Aim, Figure } from "./figure.ts";
import { median, medianRatio } from "./statistics.ts";

const ROUNDS = 5;
/** Events of a round: some seconds' work for each. */
const PRODUCT_EVENTS = 30_000;
const PLAIN_EVENTS = 6_000;
const LOOK_EVERY_MS = 10;
const PATIENCE_MS = 120_000;

interface Rival {
  readonly name: string;
  readonly app: SplitApp;
  readonly apiKey: string;
  readonly events: number;
}

interface Sample {
  readonly eventsPerSecond: number;
  readonly cpu: Readonly<Record<string, number>>;
}

const stages = ["worker host", "cosmos", "event-hubs", "queue", "blob"] as const;

export const stored: Figure = {
  name: "stored",
  title: "Storing events: events a second from acknowledged to stored",
  measure: async (rig) => {
    const product = await startSplitApp(rig, { appDir: rig.bundleDir }, productTriggers);
    const plain = await startSplitApp(rig, { appDir: plainDir }, plainTriggers);
    const apiKey = await product.makeOrg("bench");
    const rivals: Rival[] = [
      { name: "Headrace", app: product, apiKey, events: rig.scale(PRODUCT_EVENTS) },
      { name: "plain way", app: plain, apiKey, events: rig.scale(PLAIN_EVENTS) },
    ];
    const problems: string[] = [];
    const samples = new Map<string, Sample[]>(rivals.map(({ name }) => [name, []]));
    for (let round = -1; round < (rig.quick ? 1 : ROUNDS); round++) {
      for (const rival of round % 2 === 0 ? rivals : rivals.toReversed()) {
        const sample = await measureOnce(rig, rival, problems);
        if (round >= 0) samples.get(rival.name)?.push(sample);
      }
      rig.say(`  round ${round + 2} done`);
    }
    const of = (name: string): Sample[] => samples.get(name) ?? [];
    const rates = (name: string): number[] => of(name).map((sample) => sample.eventsPerSecond);
    const ratio = medianRatio(rates("Headrace"), rates("plain way"));
    const aims: Aim[] = [{ what: "stored ÷ plain way", found: ratio, better: "more", aim: 5, goal: 10 }];
    const rows = rivals.map(({ name }) => [
      name,
      median(rates(name)),
      name === "Headrace" ? 1 : ratio,
      ...stages.map((stage) => median(of(name).map(({ cpu }) => cpu[stage] ?? Number.NaN))),
    ]);
    const columns = ["", "events/s", "Headrace ÷ it", ...stages.map((stage) => `${stage}, CPU µs/event`)];
    return { tables: [{ columns, rows }], aims, problems, notes };
  },
};

const notes = [
  "Events are sent in batches of 100 while the instance that stores them stands still (SIGSTOP); then it is let go, and the time is taken until the last is created in Cosmos DB, as the emulator counts. Rounds alternate.",
  "CPU is processor time in µs an event from there until the pipeline is at rest, so ledger entries are in it.",
];

let jobs = 0;

async function measureOnce(rig: Rig, { name, app, apiKey, events }: Rival, problems: string[]): Promise<Sample> {
  const { stack, baseUrl } = app;
  const countCreated = async (): Promise<number> => (await stack.usage("cosmos"))["created events"] ?? 0;
  app.rest();
  const before = await countCreated();
  const sent = await rig.load.send({
    ...{ baseUrl, apiKey, events, batch: 100, encoding: "identity", connections: 16, prefix: `s${jobs++}` },
    seconds: 120,
    spanMs: 3_600_000,
  });
  for (const [what, count] of Object.entries(sent.failures)) problems.push(`${name}: ${count} × ${what}`);
  const readCpu = startCpuClock(app.pids);
  const began = performance.now();
  app.work();
  while ((await countCreated()) - before < sent.events) {
    if (performance.now() - began > PATIENCE_MS) {
      problems.push(`${name}: ${(await countCreated()) - before} of ${sent.events} events were stored`);
      break;
    }
    await sleep(LOOK_EVERY_MS);
  }
  const seconds = (performance.now() - began) / 1000;
  await sleep(1_000);
  const cpu = Object.fromEntries(Object.entries(readCpu()).map(([stage, ms]) => [stage, (ms * 1000) / sent.events]));
  return { eventsPerSecond: sent.events / seconds, cpu };
}

import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { findReleases } from "../releases.ts";
import type { Rig } from "../rig/rig.ts";
import { productTriggers, type SplitApp, startSplitApp } from "../rig/start-app.ts";
import { bundleWorker, type Start, startOnce } from "./cold-start.ts";
import type { Aim, Figure, Table } from "./figure.ts";
import { type Load, measureLoad, type Rival, type Samples, tabulate } from "./ingest-turns.ts";
import { median, medianRatio } from "./statistics.ts";

const loads: readonly Load[] = [
  { name: "1", batch: 1, encoding: "identity", connections: 64 },
  { name: "100", batch: 100, encoding: "identity", connections: 16 },
];
const STARTS = 11;
const LAST = "last release";

/**
 * This checkout beside another one of the product: what a change costs. Bundles of both, each with emulators and hosts
 * of its own, take turns.
 *
 * @param lastDir a checkout after `npm install`
 */
export function createBesideLast(lastDir: string): Figure {
  const { last } = findReleases(lastDir);
  return {
    name: "last",
    title: "This release beside the last one: ingest, cold start, size of the bundle",
    measure: async (rig) => {
      const lastBundle = join(rig.makeDir(), "bundle");
      await bundleOf(last, lastBundle);
      const apps = await startApps(rig, lastBundle);
      const problems: string[] = [];
      const tables: Table[] = [];
      const aims: Aim[] = [];
      for (const load of loads) {
        const samples = await measureLoad(rig, load, apps.rivals, problems);
        tables.push(tabulate(load, apps.rivals, samples));
        aims.push(...aimsOf(load.name, samples));
        rig.say(`  batches of ${load.name} done`);
      }
      tables.push(await measureStarts(rig, lastBundle, apps.product, problems));
      return { tables, aims, problems, notes };
    },
  };
}

const notes = [
  "Both are bundles that run as a Functions app does in Azure's Flex Consumption plan: HTTP functions in a host of their own. They take turns, in another order each round; a ratio is the median of the ratios of the rounds.",
  "An aim of 0.97 is: not slower beyond 3 %.",
];

async function bundleOf(dir: string, out: string): Promise<void> {
  const node = join(dir, "node_modules/.bin/node");
  await promisify(execFile)(node, ["scripts/build.ts", "--out", out], { cwd: dir });
}

async function startApps(rig: Rig, lastBundle: string) {
  const product = await startSplitApp(rig, { appDir: rig.bundleDir }, productTriggers);
  const last = await startSplitApp(rig, { appDir: lastBundle }, productTriggers);
  const rivals = await Promise.all([toRival("Headrace", product), toRival(LAST, last)]);
  return { product, rivals };
}

async function toRival(name: string, app: SplitApp): Promise<Rival> {
  app.rest();
  const pids = { server: app.pids["ingest host"], "event-hubs": app.pids["event-hubs"] };
  return { name, baseUrl: app.baseUrl, apiKey: await app.makeOrg("bench"), pids, takesGzip: true };
}

function aimsOf(load: string, samples: Samples): Aim[] {
  const of = (name: string, take: "rate" | "cpu"): number[] =>
    (samples.get(name) ?? []).map(({ eventsPerSecond, cpu }) =>
      take === "rate" ? eventsPerSecond : (cpu.server ?? Number.NaN),
    );
  const rate = medianRatio(of("Headrace", "rate"), of(LAST, "rate"));
  const cpu = medianRatio(of("Headrace", "cpu"), of(LAST, "cpu"));
  return [
    { what: `batches of ${load}: events/s ÷ last release`, found: rate, better: "more", aim: 0.97 },
    { what: `batches of ${load}: CPU an event ÷ last release`, found: cpu, better: "less", aim: 1.03 },
  ];
}

async function measureStarts(rig: Rig, lastBundle: string, app: SplitApp, problems: string[]): Promise<Table> {
  const worker = await bundleWorker(rig);
  const apiKey = await app.makeOrg("starts");
  const rivals = [
    { name: "Headrace", appDir: rig.bundleDir },
    { name: LAST, appDir: lastBundle },
  ];
  const starts = new Map<string, Start[]>(rivals.map(({ name }) => [name, []]));
  for (let run = -1; run < (rig.quick ? 1 : STARTS); run++) {
    for (const rival of run % 2 === 0 ? rivals : rivals.toReversed()) {
      const started = await startOnce(worker, rival, app.stack.env, apiKey);
      if (typeof started === "string") problems.push(`${rival.name}: ${started}`);
      else if (run >= 0) starts.get(rival.name)?.push(started);
    }
  }
  const of = (name: string): number[] => (starts.get(name) ?? []).map(({ answeredMs }) => answeredMs);
  const rows = rivals.map(({ name, appDir }) => [
    name,
    statSync(join(appDir, "index.mjs")).size / 1e6,
    median(of(name)),
    medianRatio(of("Headrace"), of(name)),
  ]);
  return { columns: ["", "bundle, MB", "first 202, ms", "Headrace ÷ it"], rows };
}

import type { Rig } from "../rig/rig.ts";
import {
  plainDir,
  plainTriggers,
  productTriggers,
  type RunningApp,
  startApp,
  startSplitApp,
} from "../rig/start-app.ts";
import { startRival } from "../rig/start-rival.ts";
import type { Aim, Figure, Table } from "./figure.ts";
import { type Load, measureLoad, type Rival, type Samples, tabulate } from "./ingest-turns.ts";
import { medianRatio } from "./statistics.ts";

const loads: readonly Load[] = [
  { name: "1", batch: 1, encoding: "identity", connections: 64 },
  { name: "20", batch: 20, encoding: "identity", connections: 32 },
  { name: "100", batch: 100, encoding: "identity", connections: 16 },
  { name: "100, gzip", batch: 100, encoding: "gzip", connections: 16 },
  { name: "100, whole apps", batch: 100, encoding: "identity", connections: 16, whole: true },
];

export const ingest: Figure = {
  name: "ingest",
  title: "Taking events: events a second that are answered 202",
  measure: async (rig) => {
    const rivals = await startRivals(rig);
    const problems: string[] = [];
    const tables: Table[] = [];
    const aims: Aim[] = [];
    for (const load of loads) {
      const takers = load.whole
        ? await startWholeApps(rig)
        : rivals.filter((rival) => load.encoding === "identity" || rival.takesGzip);
      const samples = await measureLoad(rig, load, takers, problems);
      tables.push(tabulate(load, takers, samples));
      aims.push(...aimsOf(load.name, samples));
      rig.say(`  batches of ${load.name} done`);
    }
    return { tables, aims, problems, notes };
  },
};

const notes = [
  "Headrace and the plain way run as a Functions app does in Azure's Flex Consumption plan: HTTP functions in an instance of their own, and what follows stands still meanwhile. As `whole apps` each runs in one host, as `npm start` does it, and stores what it took at the same time and from the rounds before.",
  "The servers take turns, in another order each round; a ratio is the median of the ratios of the rounds. Events have about 300 bytes of JSON. `gzip` is left out for the two that do not unpack.",
  "CPU is processor time of the process in µs an event: the server's own, and for the apps that of the Event Hubs emulator.",
  "bare: reads the body, `JSON.parse`, 202. necessary: unpacks, parses, validates with the same schema, compresses, 202. plain way: one message an event, one send a request.",
];

async function startRivals(rig: Rig): Promise<Rival[]> {
  const product = await startSplitApp(rig, { appDir: rig.bundleDir }, productTriggers);
  product.rest();
  const plain = await startSplitApp(rig, { appDir: plainDir }, plainTriggers);
  plain.rest();
  const apiKey = await product.makeOrg("bench");
  const stages = ({ pids }: typeof product) => ({ server: pids["ingest host"], "event-hubs": pids["event-hubs"] });
  const bare = await startRival(rig, "bare");
  const necessary = await startRival(rig, "necessary");
  return [
    { name: "Headrace", baseUrl: product.baseUrl, apiKey, pids: stages(product), takesGzip: true },
    { name: "plain way", baseUrl: plain.baseUrl, apiKey, pids: stages(plain), takesGzip: false },
    { name: "bare", baseUrl: bare.baseUrl, apiKey, pids: { server: bare.pid }, takesGzip: false },
    { name: "necessary", baseUrl: necessary.baseUrl, apiKey, pids: { server: necessary.pid }, takesGzip: true },
  ];
}

/**
 * Apps as `npm start` runs them. An app that is not in turn stands still, with the events that it has taken and not
 * stored yet.
 */
async function startWholeApps(rig: Rig): Promise<Rival[]> {
  const product = await startApp(rig, { appDir: rig.bundleDir });
  const plain = await startApp(rig, { appDir: plainDir });
  const apiKey = await product.makeOrg("bench");
  const rivals = [
    { name: "Headrace", app: product },
    { name: "plain way", app: plain },
  ];
  return Promise.all(rivals.map(({ name, app }) => toWholeRival(name, app, apiKey)));
}

async function toWholeRival(name: string, { stack, baseUrl }: RunningApp, apiKey: string): Promise<Rival> {
  const { "functions-host": server, ...emulators } = stack.pids();
  const turn = {
    begin: () => stack.kill("functions-host", "SIGCONT"),
    end: () => stack.kill("functions-host", "SIGSTOP"),
  };
  await turn.end();
  return { name, baseUrl, apiKey, pids: { server, ...emulators }, takesGzip: false, turn };
}

function aimsOf(load: string, samples: Samples): Aim[] {
  const ratio = (name: string): number => {
    const rates = (of: string): number[] => (samples.get(of) ?? []).map((sample) => sample.eventsPerSecond);
    return medianRatio(rates("Headrace"), rates(name));
  };
  const plain: Aim = {
    what: `batches of ${load} ÷ plain way`,
    found: ratio("plain way"),
    better: "more",
    aim: 5,
    goal: 10,
  };
  if (load === "100, whole apps") return [plain];
  if (load !== "100") return [];
  return [
    { what: "batches of 100 ÷ necessary", found: ratio("necessary"), better: "more", aim: 0.5, goal: 0.8 },
    // No aim was set short of the goal.
    { what: "batches of 100 ÷ bare", found: ratio("bare"), better: "more", aim: 0.25 },
    plain,
  ];
}

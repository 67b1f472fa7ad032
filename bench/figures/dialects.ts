import { makeBodies } from "../load/make-bodies.ts";
import type { WayName } from "../load/ways.ts";
import type { Rig } from "../rig/rig.ts";
import { productTriggers, startSplitApp } from "../rig/start-app.ts";
import type { Aim, Figure, Table } from "./figure.ts";
import { type Load, measureLoad, type Rival, type Samples } from "./ingest-turns.ts";
import { median, medianRatio } from "./statistics.ts";

const load: Load = { name: "20", batch: 20, encoding: "identity", connections: 32 };
const OWN = "our own";

const named: Readonly<Record<string, WayName>> = {
  [OWN]: "own",
  CloudEvents: "cloudevents",
  "Segment, RudderStack": "segment",
  "PostHog, older": "posthog-v0",
  "PostHog, newer": "posthog-v1",
  "OpenTelemetry, JSON": "otlp-json",
  "OpenTelemetry, protobuf": "otlp-protobuf",
};

/** What an event costs in the form of another product's SDK, beside the same event by our own way in. */
export const dialects: Figure = {
  name: "dialects",
  title: "Taking events by each dialect, in batches of 20",
  measure: async (rig) => {
    const rivals = await startWays(rig);
    const problems: string[] = [];
    const samples = await measureLoad(rig, load, rivals, problems);
    return { tables: [tabulate(samples)], aims: aimsOf(samples), problems, notes };
  },
};

const notes = [
  "One host of HTTP functions takes the same events by each way in turn, in another order each round; a ratio is the median of the ratios of the rounds. Bodies are those of the SDKs for Node, with all that these put beside an event, unpacked.",
  "CPU is processor time of the host in µs an event.",
];

/** One app, which each way in has by turns. */
async function startWays(rig: Rig): Promise<Rival[]> {
  const app = await startSplitApp(rig, { appDir: rig.bundleDir }, productTriggers);
  app.rest();
  const apiKey = await app.makeOrg("bench");
  const pids = { server: app.pids["ingest host"], "event-hubs": app.pids["event-hubs"] };
  return Object.entries(named).map(([name, way]) => ({
    ...{ name, way, baseUrl: app.baseUrl, apiKey, pids, takesGzip: true },
  }));
}

const ratesOf = (samples: Samples, name: string): number[] =>
  (samples.get(name) ?? []).map(({ eventsPerSecond }) => eventsPerSecond);
const cpuOf = (samples: Samples, name: string): number[] =>
  (samples.get(name) ?? []).map(({ cpu }) => cpu.server ?? Number.NaN);

function tabulate(samples: Samples): Table {
  const rows = Object.entries(named).map(([name, way]) => [
    ...[name, bytesOf(way), median(ratesOf(samples, name))],
    medianRatio(ratesOf(samples, name), ratesOf(samples, OWN)),
    median(cpuOf(samples, name)),
    medianRatio(cpuOf(samples, name), cpuOf(samples, OWN)),
  ]);
  const columns = ["", "bytes/event", "events/s", "÷ our own", "CPU µs/event", "÷ our own, CPU"];
  return { columns, rows };
}

function bytesOf(way: WayName): number {
  const { batch, encoding } = load;
  const bodies = makeBodies({ batch, encoding, way, apiKey: "hr_example", prefix: "i0c0", spanMs: 1, seed: 1 });
  return Math.round(bodies.next().bytes.length / batch);
}

function aimsOf(samples: Samples): Aim[] {
  const others = Object.keys(named).filter((name) => name !== OWN);
  return others.map((name) => ({
    what: `${name}: CPU an event ÷ our own`,
    found: medianRatio(cpuOf(samples, name), cpuOf(samples, OWN)),
    better: "less",
    aim: 1.5,
  }));
}

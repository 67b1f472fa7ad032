import { loadavg } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseFlags, runCommand } from "../cli/command.ts";
import { bundleApp } from "../scripts/bundle.ts";
import { median, medianRatio } from "./figures/statistics.ts";
import { startCpuClock } from "./rig/process-stat.ts";
import { type Rig, withRig } from "./rig/rig.ts";
import { productTriggers, startSplitApp } from "./rig/start-app.ts";

const help = `Usage: npm run bench:streaming -- [--turns N] [--seconds S]

Takes events in the worker's ordinary mode and in its streaming mode (docs/adr/0049), in turns: N (9) for each load,
each of S (2) seconds. Prints medians, and what streaming is of ordinary, turn by turn.
`;

const flags = {
  turns: { type: "string", default: "9" },
  seconds: { type: "string", default: "2" },
  help: { type: "boolean", short: "h", default: false },
} as const;

const loads = [
  { batch: 1, encoding: "identity", connections: 64 },
  { batch: 100, encoding: "identity", connections: 16 },
  { batch: 100, encoding: "gzip", connections: 16 },
] as const;
let jobs = 0;
const WARM_UP = { seconds: 6, requests: 3_000 };

interface Mode {
  readonly name: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly host: number;
}

interface Sample {
  readonly rate: number;
  /** Microseconds of the host an event. */
  readonly cpu: number;
}

await runCommand("bench:streaming", async (args) => {
  const { values } = parseFlags(args, flags);
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  await withRig({ quick: false, scale: (amount) => amount, say }, async (rig) => {
    const streamingDir = join(rig.makeDir(), "streaming");
    await bundleApp({ entry: "test/fixtures/apps/streaming-product/index.ts", outDir: streamingDir });
    const modes = [await startMode(rig, "ordinary", rig.bundleDir), await startMode(rig, "streaming", streamingDir)];
    for (const load of loads) await compare(rig, load, modes, Number(values.turns), Number(values.seconds));
  });
  return 0;
});

async function startMode(rig: Rig, name: string, appDir: string): Promise<Mode> {
  const app = await startSplitApp(rig, { appDir }, productTriggers);
  app.rest();
  return { name, baseUrl: app.baseUrl, apiKey: await app.makeOrg("bench"), host: app.pids["ingest host"] };
}

async function take(
  rig: Rig,
  load: (typeof loads)[number],
  mode: Mode,
  warm: boolean,
  seconds: number,
): Promise<Sample> {
  const readCpu = startCpuClock({ host: mode.host });
  const bounds = warm
    ? { seconds: WARM_UP.seconds, events: WARM_UP.requests * load.batch }
    : { seconds, events: Number.MAX_SAFE_INTEGER };
  const { baseUrl, apiKey } = mode;
  const sent = await rig.load.send({ baseUrl, apiKey, ...load, ...bounds, prefix: `s${jobs++}`, spanMs: 3_600_000 });
  const cpu = ((readCpu().host ?? Number.NaN) * 1_000) / sent.events;
  for (const [what, count] of Object.entries(sent.failures)) throw new Error(`${mode.name}: ${count} × ${what}`);
  return { rate: sent.events / sent.seconds, cpu };
}

async function compare(
  rig: Rig,
  load: (typeof loads)[number],
  modes: readonly Mode[],
  turns: number,
  seconds: number,
): Promise<void> {
  const samples = new Map<string, Sample[]>(modes.map(({ name }) => [name, []]));
  for (let turn = -1; turn < turns; turn++) {
    for (const mode of turn % 2 === 0 ? modes : modes.toReversed()) {
      const sample = await take(rig, load, mode, turn < 0, seconds);
      if (turn >= 0) samples.get(mode.name)?.push(sample);
    }
  }
  const of = (name: string, what: keyof Sample): number[] => (samples.get(name) ?? []).map((sample) => sample[what]);
  const row = (what: keyof Sample): string => {
    const [ordinary, streaming] = [of("ordinary", what), of("streaming", what)];
    const share = medianRatio(streaming, ordinary).toFixed(3);
    return `ordinary ${median(ordinary).toFixed(1)}, streaming ${median(streaming).toFixed(1)}: ${share}`;
  };
  rig.say(`batches of ${load.batch}, ${load.encoding}, load ${loadavg()[0]?.toFixed(1)}`);
  rig.say(`  events/s: ${row("rate")}`);
  rig.say(`  CPU µs an event: ${row("cpu")}`);
}

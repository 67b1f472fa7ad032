import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { projectRoot } from "../../local/launcher/project.ts";
import { bundleApp } from "../../scripts/bundle.ts";
import type { Rig } from "../rig/rig.ts";
import { startApp } from "../rig/start-app.ts";
import type { Aim, Figure } from "./figure.ts";
import { median, medianRatio } from "./statistics.ts";

const RUNS = 11;

interface Rival {
  readonly name: string;
  readonly appDir: string;
  readonly compileCache?: string;
}

/** Milliseconds from the start of the process. */
export interface Start {
  readonly registeredMs: number;
  readonly answeredMs: number;
}

export const coldStart: Figure = {
  name: "cold-start",
  title: "Cold start: from the start of the process to functions registered, and to the first 202",
  measure: async (rig) => {
    const app = await startApp(rig, { appDir: rig.bundleDir });
    const apiKey = await app.makeOrg("bench");
    const worker = await bundleWorker(rig);
    const emptyDir = join(rig.makeDir(), "empty");
    await bundleApp({ entry: "bench/rivals/empty-app/index.ts", outDir: emptyDir });
    const rivals: Rival[] = [
      { name: "bundle", appDir: rig.bundleDir },
      { name: "source", appDir: projectRoot },
      { name: "one empty function", appDir: emptyDir },
      { name: "bundle, warm compile cache", appDir: rig.bundleDir, compileCache: rig.makeDir() },
    ];
    const problems: string[] = [];
    const starts = new Map<string, Start[]>(rivals.map(({ name }) => [name, []]));
    for (let run = -1; run < (rig.quick ? 1 : RUNS); run++) {
      for (const rival of run % 2 === 0 ? rivals : rivals.toReversed()) {
        const started = await startOnce(worker, rival, app.stack.env, apiKey);
        if (typeof started === "string") problems.push(`${rival.name}: ${started}`);
        else if (run >= 0) starts.get(rival.name)?.push(started);
      }
    }
    const of = (name: string, key: keyof Start): number[] => (starts.get(name) ?? []).map((start) => start[key]);
    const rows = rivals.map(({ name }) => [
      name,
      median(of(name, "registeredMs")),
      medianRatio(of("bundle", "registeredMs"), of(name, "registeredMs")),
      median(of(name, "answeredMs")),
      medianRatio(of("bundle", "answeredMs"), of(name, "answeredMs")),
    ]);
    const ratio = medianRatio(of("bundle", "answeredMs"), of("source", "answeredMs"));
    const aims: Aim[] = [{ what: "first 202 of the bundle ÷ source", found: ratio, better: "less", aim: 0.35 }];
    const columns = ["", "registered, ms", "bundle ÷ it", "first 202, ms", "bundle ÷ it, first 202"];
    return { tables: [{ columns, rows }], aims, problems, notes };
  },
};

const notes = [
  "A process like the Functions worker loads the app and runs one invocation of `ingest-events` (bench/cold-start/worker.ts), against emulators that run; the first 202 has connections, key look-up and the acknowledgement of Event Hubs in it. Taking turns; medians.",
  "The compile cache of V8 is off but in the row that says so: a new instance has none.",
];

/** The worker as one small file, so that loading it takes next to no time. */
export async function bundleWorker(rig: Rig): Promise<string> {
  const outfile = join(rig.makeDir(), "worker.mjs");
  const options = { bundle: true, platform: "node", format: "esm", target: "node24", logLevel: "warning" } as const;
  await build({ ...options, entryPoints: [join(projectRoot, "bench/cold-start/worker.ts")], outfile });
  return outfile;
}

/** A text says why there is no figure. */
export function startOnce(
  worker: string,
  { appDir, compileCache }: Rival,
  settings: Readonly<Record<string, string>>,
  apiKey: string,
): Promise<Start | string> {
  const cache = compileCache ? { NODE_COMPILE_CACHE: compileCache } : { NODE_DISABLE_COMPILE_CACHE: "1" };
  const env = { PATH: process.env.PATH ?? "", ...settings, ...cache };
  const began = performance.now();
  const child = spawn(process.execPath, [worker, appDir, apiKey], { env, stdio: ["ignore", "pipe", "pipe"] });
  let registeredMs = Number.NaN;
  let found: Start | string | undefined;
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return new Promise((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const ms = performance.now() - began;
      if (line === "registered") registeredMs = ms;
      if (!line.startsWith("answered")) return;
      found = line === "answered 202" ? { registeredMs, answeredMs: ms } : line;
      child.kill("SIGTERM");
    });
    child.once("exit", (code) => resolve(found ?? `ended with code ${code}: ${errors.slice(0, 1_000)}`));
  });
}

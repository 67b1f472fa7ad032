import process from "node:process";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { runSeed } from "./model.ts";
import { type Weakening, weakenings } from "./weakenings.ts";

const help = `Usage: npm run model -- [--seeds N] [--from N] [--threads N] [--weakenings]

Runs the pipeline's own code under random interleavings with faults, a seed each, and holds every one to the invariants.
A seed that fails is printed with its steps; exit code 1.

  --seeds N      how many; 100000
  --from N       the first; 0
  --threads N    how many at once; 2
  --weakenings   instead, list the deliberate weakenings of the algorithm with the first seed that catches each
`;

/** Seeds that a thread takes at a time. */
const BLOCK = 500;
/** The search for a seed that catches a weakening ends here. */
const MAX_SEARCHED = 20_000;

interface Block {
  readonly from: number;
  readonly to: number;
}

interface Failure {
  readonly seed: number;
  readonly violations: readonly string[];
}

async function runBlock({ from, to }: Block): Promise<Failure | undefined> {
  for (let seed = from; seed < to; seed++) {
    const { violations } = await runSeed(seed);
    if (violations.length > 0) return { seed, violations };
  }
  return undefined;
}

function work(): void {
  parentPort?.on("message", async (block: Block) => {
    parentPort?.postMessage((await runBlock(block)) ?? null);
  });
}

async function main(from: number, seeds: number, threads: number): Promise<number> {
  const started = performance.now();
  let next = from;
  let done = 0;
  let failed: Failure | undefined;
  const rate = (): number => Math.round(done / ((performance.now() - started) / 1000));
  const thread = async (): Promise<void> => {
    const worker = new Worker(new URL(import.meta.url), { workerData: "model" });
    while (next < from + seeds && !failed) {
      const block = { from: next, to: Math.min(next + BLOCK, from + seeds) };
      next = block.to;
      worker.postMessage(block);
      // Not `failed ??= await …`: that would forget what another thread finds meanwhile.
      const found = await answerOf(worker);
      failed ??= found;
      if (Math.floor((done + block.to - block.from) / 50_000) > Math.floor(done / 50_000))
        console.log(`${done + block.to - block.from} seeds, ${rate()} a second`);
      done += block.to - block.from;
    }
    await worker.terminate();
  };
  await Promise.all(Array.from({ length: threads }, thread));
  if (failed) {
    const { trace } = await runSeed(failed.seed, undefined, true);
    console.log(`seed ${failed.seed}:\n  ${failed.violations.join("\n  ")}\n\n${trace.join("\n")}`);
    return 1;
  }
  console.log(`${seeds} seeds from ${from}, no violation, ${rate()} a second`);
  return 0;
}

function answerOf(worker: Worker): Promise<Failure | undefined> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", (answer: Failure | null) => {
      worker.off("error", reject);
      resolve(answer ?? undefined);
    });
  });
}

async function listWeakenings(): Promise<number> {
  let missed = 0;
  for (const weakening of weakenings) {
    const found = await findSeed(weakening);
    if (!found) missed++;
    console.log(`${weakening.name}: ${found ? `seed ${found.seed}: ${found.how}` : "NOT CAUGHT"}`);
  }
  return missed === 0 ? 0 : 1;
}

async function findSeed({ weaken, rules, as }: Weakening): Promise<{ seed: number; how: string } | undefined> {
  for (let seed = 0; seed < MAX_SEARCHED; seed++) {
    const how = (await runSeed(seed, weaken, false, rules)).violations.find((violation) => as.test(violation));
    if (how !== undefined) return { seed, how };
  }
  return undefined;
}

function readCount(name: string, text: string, min: number): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < min) throw new RangeError(`--${name} takes a whole number from ${min}`);
  return count;
}

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "100000" },
      from: { type: "string", default: "0" },
      threads: { type: "string", default: "2" },
      weakenings: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  if (values.weakenings) return listWeakenings();
  return main(
    readCount("from", values.from, 0),
    readCount("seeds", values.seeds, 1),
    readCount("threads", values.threads, 1),
  );
}

if (isMainThread || workerData !== "model") {
  try {
    process.exitCode = await run();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
} else work();

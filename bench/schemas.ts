import os from "node:os";
import process from "node:process";
import { parseFlags, runCommand, UsageError } from "../cli/command.ts";
import { formatTable } from "../cli/table.ts";
import { withRig } from "./rig/rig.ts";
import { type Beside, measureBeside } from "./schemas/beside-hostile.ts";
import { hostile } from "./schemas/hostile.ts";
import { type Cost, measure } from "./schemas/measure.ts";

const help = `Usage: npm run bench:schemas -- [FLAGS]

Hostile schemas and events: what each costs to compile and to judge, warm, and its verdict.

  --beside   then a calm org's 202s beside an org that registers, checks and sends them, against one that sends as many bytes of plain texts, the same events without schemas, and nobody
  --quick    a moment of each, to see that it works; the numbers mean nothing

Exit code 1 when one costs more than it may, has another verdict, or slows others by more than it may.
`;

const flags = {
  beside: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** What may be needed at the limits, in ms. */
const COMPILE_MS = 50;
const JUDGE_MS = 1;
/** How many times as long others may wait as beside nobody. */
const MOST_RATIO = 1.5;

await runCommand("bench:schemas", async (args) => {
  const { values } = parseFlags(args, flags);
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  if (values.quick && !values.beside) throw new UsageError(`--quick goes with --beside.\n\n${help}`);
  const { beside, quick } = values;
  const isCheap = quick || (await measureAll());
  const isCalm = !beside || (await besideAll(quick));
  return isCheap && isCalm ? 0 : 1;
});

function tell({ mean, longest }: Cost): string {
  return `${mean.toFixed(3).padStart(8)} ${longest.toFixed(1).padStart(8)}`;
}

async function measureAll(): Promise<boolean> {
  process.stdout.write("  check and compile, ms    judge, ms\n      mean  longest      mean  longest\n");
  let isCheap = true;
  for (const one of hostile) {
    const { name, verdict, compile, judge } = await measure(one);
    const isFine = verdict === one.verdict && compile.mean < COMPILE_MS && judge.mean < JUDGE_MS;
    isCheap &&= isFine;
    process.stdout.write(`${isFine ? "✓" : "✗"} ${tell(compile)}  ${tell(judge)}  ${verdict}: ${name}\n`);
  }
  const [load = 0] = os.loadavg();
  process.stdout.write(`load of the machine: ${load.toFixed(1)} on ${os.availableParallelism()} cores\n`);
  return isCheap;
}

/** Whether others are slowed by no more than they may be. With `--quick` the ratio says nothing. */
async function besideAll(quick: boolean): Promise<boolean> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const rows = await withRig({ quick, scale: (amount) => amount, say }, measureBeside);
  const [alone, harmless] = rows;
  const over = (row: Beside, base: Beside | undefined): number => row.p99 / (base?.p99 ?? Number.NaN);
  const table = rows.map((row) => [
    ...[row.neighbour, String(row.answers), row.p50.toFixed(1), row.p99.toFixed(1)],
    ...[over(row, alone).toFixed(2), over(row, harmless).toFixed(2), row.load.toFixed(1)],
  ]);
  const heading = ["a calm org beside", "202s", "p50, ms", "p99, ms", "÷ nobody", "÷ texts", "load of the machine"];
  process.stdout.write(`${formatTable([heading, ...table])}`);
  const isFine = rows.every((row) => over(row, alone) <= MOST_RATIO);
  process.stdout.write(`${isFine ? "✓" : "✗"} p99 at most ${MOST_RATIO} × that beside nobody\n`);
  return isFine || quick;
}

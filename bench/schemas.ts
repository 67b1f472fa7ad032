import os from "node:os";
import process from "node:process";
import { hostile } from "./schemas/hostile.ts";
import { type Cost, measure } from "./schemas/measure.ts";

/** What may be needed at the limits, in ms. */
const COMPILE_MS = 50;
const JUDGE_MS = 1;

const tell = ({ mean, longest }: Cost): string => `${mean.toFixed(3).padStart(8)} ${longest.toFixed(1).padStart(8)}`;

/** Hostile schemas and events: what each costs, warm. Fails when one costs more than it may, or has another verdict. */
process.stdout.write("  check and compile, ms    judge, ms\n      mean  longest      mean  longest\n");
for (const one of hostile) {
  const { name, verdict, compile, judge } = await measure(one);
  const isFine = verdict === one.verdict && compile.mean < COMPILE_MS && judge.mean < JUDGE_MS;
  if (!isFine) process.exitCode = 1;
  process.stdout.write(`${isFine ? "✓" : "✗"} ${tell(compile)}  ${tell(judge)}  ${verdict}: ${name}\n`);
}
const [load = 0] = os.loadavg();
process.stdout.write(`load of the machine: ${load.toFixed(1)} on ${os.availableParallelism()} cores\n`);

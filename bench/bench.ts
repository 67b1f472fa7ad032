import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseFlags, runCommand, UsageError } from "../cli/command.ts";
import { projectRoot } from "../local/launcher/project.ts";
import { StackError } from "../local/launcher/stack-error.ts";
import { authentication } from "./figures/authentication.ts";
import { createBesideLast } from "./figures/beside-last.ts";
import { coldStart } from "./figures/cold-start.ts";
import { cost } from "./figures/cost.ts";
import { dialects } from "./figures/dialects.ts";
import { type Figure, judge } from "./figures/figure.ts";
import { ingest } from "./figures/ingest.ts";
import { neighbours } from "./figures/neighbours.ts";
import { readable } from "./figures/readable.ts";
import { schemas } from "./figures/schemas.ts";
import { stored } from "./figures/stored.ts";
import { whole } from "./figures/whole.ts";
import { keepResults } from "./report/keep-results.ts";
import { describeMachine } from "./report/machine.ts";
import { type FigureReport, formatFigure } from "./report/report.ts";
import { withRig } from "./rig/rig.ts";

const figures: readonly Figure[] = [
  ingest,
  schemas,
  stored,
  readable,
  whole,
  dialects,
  cost,
  authentication,
  coldStart,
  neighbours,
];

const help = `Usage: npm run bench -- [FLAGS]

Measures the product's bundle against others in the same run: a bare server, one that does only the necessary work, and the plain
way of the samples. Everything runs on this machine, in processes of its own. A full run takes about 15 minutes on 2 cores.

  --only NAME,…     ${figures.map(({ name }) => name).join(", ")}   (all)
  --last DIR        a checkout of the last release, after \`npm install\`: only ingest, cold start and bundle of both, in turns
  --factor N        multiplies durations and numbers of events, 0.01 to 100              (1)
  --quick           a few events only, to see that it works; the numbers mean nothing
  --out DIR         keep the results in DIR/benchmarks.json and DIR/benchmarks.md        (docs; not kept with --quick)
  --strict          exit code 1 also when an aim is missed

Exit code 1 when answers were wrong or events did not arrive: then the numbers are worth nothing.
`;

const flags = {
  only: { type: "string" },
  last: { type: "string" },
  factor: { type: "string", default: "1" },
  quick: { type: "boolean", default: false },
  out: { type: "string" },
  strict: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

const QUICK = 0.01;

await runCommand("bench", async (args) => {
  const { values } = parseFlags(args, flags);
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  if (!existsSync("/proc/self/stat")) throw new StackError("The benchmark reads processor times from /proc: Linux.");
  const chosen = values.last === undefined ? chooseFigures(values.only) : [createBesideLast(values.last)];
  const scale = values.quick ? QUICK : readFactor(values.factor);
  const out = values.out ?? (values.quick ? undefined : join(projectRoot, "docs"));
  const machine = describeMachine();
  const report: Record<string, FigureReport> = {};
  for (const figure of chosen) {
    process.stdout.write(`\n${figure.name}: measuring\n`);
    const began = performance.now();
    const rig = {
      quick: values.quick,
      scale: (amount: number) => amount * scale,
      say: (line: string) => void process.stdout.write(`${line}\n`),
    };
    const measured = await withRig(rig, figure.measure);
    const seconds = Math.round((performance.now() - began) / 1000);
    report[figure.name] = { title: figure.title, seconds, factor: scale, machine, ...measured };
    process.stdout.write(formatFigure({ title: figure.title, ...measured }));
    // Kept at once, so that a later figure that fails loses nothing.
    if (out) keepResults(out, { [figure.name]: report[figure.name] as FigureReport });
  }
  const results = Object.values(report);
  if (results.some(({ problems }) => problems.length > 0)) return 1;
  return values.strict && results.some(({ aims }) => aims.some((aim) => judge(aim) === "missed")) ? 1 : 0;
});

function chooseFigures(only: string | undefined): readonly Figure[] {
  if (only === undefined) return figures;
  return only.split(",").map((wanted) => {
    const figure = figures.find(({ name }) => name === wanted.trim());
    if (figure) return figure;
    throw new UsageError(`--only takes ${figures.map(({ name }) => name).join(", ")}, not "${wanted}".`);
  });
}

function readFactor(text: string): number {
  const factor = Number(text);
  if (factor >= 0.01 && factor <= 100) return factor;
  throw new UsageError(`--factor must be a number from 0.01 to 100, not "${text}".`);
}

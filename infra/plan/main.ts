import { readFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type PlanArguments, readArguments, usage } from "./arguments.ts";
import type { Load } from "./cost/cost.ts";
import { type Estimate, estimate } from "./cost/estimate.ts";
import { drawDiagram } from "./diagram.ts";
import { override } from "./override.ts";
import { printCost, printResources } from "./print.ts";
import { type Run, runProgram } from "./run-program.ts";
import { readProject } from "./stack-file.ts";

async function main({ stack, load, config, json }: PlanArguments): Promise<void> {
  const { config: written } = await readProject(fileURLToPath(new URL("..", import.meta.url)), stack);
  const run = await runProgram({ stack, preview: false, config: override(written, config) });
  if (run.exitCode !== 0) return fail(run);
  const cost = await estimateCost(run, load);
  if (json) return printJson(run, cost);
  console.log(printResources(stack, run));
  console.log(`\nDiagram, for Mermaid:\n\n${drawDiagram(run)}\n`);
  console.log(printCost(cost, load));
  for (const lack of cost.lacks) console.log(`Too small for this load: ${lack}`);
}

async function estimateCost(run: Run, load: Load): Promise<Estimate> {
  return estimate(run, load, await readJson("../../docs/benchmarks.json"), await readJson("cost/prices.json"));
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(path, import.meta.url), "utf8"));
}

function printJson({ registrations }: Run, cost: Estimate): void {
  const resources = registrations.filter(({ type }) => type.startsWith("azure-native:"));
  console.log(
    JSON.stringify({ resources: resources.map(({ type, name, inputs }) => ({ type, name, inputs })), cost }, null, 2),
  );
}

/**
 * What the program itself refused is in its log, between words of Pulumi's and a stack trace that say nothing to
 * operators.
 */
function fail({ logs, printed, exitCode }: Run): void {
  const errors = logs.filter(({ severity }) => severity === "error").map(({ message }) => wordsOf(message));
  process.stderr.write(`${[...errors, printed].join("\n").trim()}\n`);
  process.exitCode = exitCode;
}

function wordsOf(message: string): string {
  return message
    .replace(/^Running program .* failed with an unhandled exception:\n(Error: )?/, "")
    .replace(/\n\s+at [\s\S]*/, "");
}

try {
  const given = process.argv.slice(2);
  if (given.includes("--help")) process.stdout.write(usage);
  else await main(readArguments(given));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}

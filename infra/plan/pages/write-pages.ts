import { readFile } from "node:fs/promises";
import { writeAzurePage } from "./azure-page.ts";
import { type CostInputs, writeCostPage } from "./cost-page.ts";
import { createRunStack } from "./run-stack.ts";

/** Pages of docs/ that come from the program, by path. Runs it some fifteen times, for a minute or two. */
export async function writePages(): Promise<Readonly<Record<string, string>>> {
  const runStack = createRunStack();
  return {
    "docs/azure.md": writeAzurePage(await runStack("dev"), await runStack("prod")),
    "docs/cost.md": await writeCostPage(await readCostInputs(), runStack),
  };
}

export async function readCostInputs(): Promise<CostInputs> {
  const [measured, prices] = await Promise.all([
    readJson("../../../docs/benchmarks.json"),
    readJson("../cost/prices.json"),
  ]);
  return { measured, prices };
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(path, import.meta.url), "utf8"));
}

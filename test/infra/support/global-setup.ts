import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { installInfra } from "../../../scripts/install-infra.ts";
import { everyOption } from "./every-option.ts";
import type { Runs } from "./runs.ts";

/**
 * Runs both stacks once, as preview and as update, and `prod` with every option, for all tests that read what was
 * registered.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  installInfra();
  // Not before: it needs what was just installed.
  const { runProgram } = await import("../../../infra/plan/run-program.ts");
  const runBoth = async (stack: string): Promise<Runs["dev"]> => {
    const [preview, update] = await Promise.all([
      runProgram({ stack, preview: true }),
      runProgram({ stack, preview: false }),
    ]);
    return { preview, update };
  };
  const folder = await mkdtemp(join(tmpdir(), "infra-runs-"));
  const file = join(folder, "runs.json");
  const runs: Runs = {
    dev: await runBoth("dev"),
    prod: await runBoth("prod"),
    everything: { update: await runProgram({ stack: "prod", preview: false, config: everyOption }) },
  };
  await writeFile(file, JSON.stringify(runs));
  project.provide("infraRuns", file);
  return () => rm(folder, { recursive: true });
}

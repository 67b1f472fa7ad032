import { readFileSync } from "node:fs";
import { inject } from "vitest";
import type { Run } from "../../../infra/plan/run-program.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Of a file with the `Runs`. */
    readonly infraRuns: string;
  }
}

export interface Runs {
  readonly dev: { readonly preview: Run; readonly update: Run };
  readonly prod: { readonly preview: Run; readonly update: Run };
  /** `prod` with every option of the configuration. */
  readonly everything: { readonly update: Run };
}

export type StackName = keyof Runs;

/** What the stacks registered, from one run of each for all test files. Throws an Error if one of them failed. */
export function readRuns(): Runs {
  const runs = JSON.parse(readFileSync(inject("infraRuns"), "utf8")) as Runs;
  for (const [stack, both] of Object.entries(runs))
    for (const [kind, run] of Object.entries(both) as [string, Run][])
      if (run.exitCode !== 0)
        throw new Error(
          `the ${kind} of ${stack} failed:\n${run.logs.map(({ message }) => message).join("\n")}\n${run.printed}`,
        );
  return runs;
}

import { fileURLToPath } from "node:url";
import { override } from "../override.ts";
import { type Run, runProgram } from "../run-program.ts";
import { readProject } from "../stack-file.ts";

const infra = fileURLToPath(new URL("../..", import.meta.url));

/** Paths and values as `infra:plan -- --config` takes them: `headrace:cosmos.backup`, `Continuous7Days`. */
export type Overrides = Readonly<Record<string, string>>;

/** A stack as its file has it, with some settings changed. Throws an Error with what the program refused. */
export type RunStack = (stack: string, overrides?: Overrides) => Promise<Run>;

/** Runs the same stack once, however often it is asked for. */
export function createRunStack(): RunStack {
  const runs = new Map<string, Promise<Run>>();
  return (stack, overrides = {}) => {
    const key = JSON.stringify([stack, overrides]);
    const run = runs.get(key) ?? runStack(stack, overrides);
    runs.set(key, run);
    return run;
  };
}

async function runStack(stack: string, overrides: Overrides): Promise<Run> {
  const { config } = await readProject(infra, stack);
  const changed = override(config, new Map(Object.entries(overrides)));
  const run = await runProgram({ stack, preview: false, config: changed });
  if (run.exitCode === 0) return run;
  const errors = run.logs.filter(({ severity }) => severity === "error").map(({ message }) => message);
  throw new Error(
    `the stack ${stack} does not run with ${JSON.stringify(overrides)}:\n${errors.join("\n")}\n${run.printed}`,
  );
}

import process from "node:process";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { PipelineError } from "../pipeline/pipeline-error.ts";

/**
 * Runs a command: what it resolves to is the exit code. A {@link PipelineError} explains itself; anything else is a defect and
 * keeps its stack.
 */
export async function runCommand(name: string, command: (args: string[]) => Promise<number>): Promise<void> {
  try {
    requireNode24();
    process.exitCode = await command(process.argv.slice(2));
  } catch (error) {
    const text = error instanceof PipelineError ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${name}: ${text}\n`);
    process.exitCode = 1;
  }
}

/** `require-node-24.cjs` says the same on a Node that cannot even read this file. */
function requireNode24(): void {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= 24) return;
  throw new PipelineError(
    `Headrace needs Node 24 or newer, and this is ${process.version}. The project brings its own: run \`npm install\`, then use \`npm start\` and \`npm run …\`, which find it.`,
  );
}

type Options = NonNullable<ParseArgsConfig["options"]>;

/** parseArgs of node:util, with errors for people: an unknown flag is named together with `--help`. */
export function parseFlags<T extends Options>(args: string[], options: T, allowPositionals = false) {
  try {
    return parseArgs({ args, options, allowPositionals, strict: true, allowNegative: true });
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split(". To specify")[0] ?? error.message) : String(error);
    throw new PipelineError(`${reason}. \`--help\` lists the flags.`);
  }
}

/** A whole number from a flag, or a {@link PipelineError} that names the flag and the bounds. */
export function readNumber(flag: string, text: string, bounds: { min: number; max: number }): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max) return value;
  throw new PipelineError(`${flag} must be a whole number from ${bounds.min} to ${bounds.max}, not "${text}".`);
}

export function readPortFlag(flag: string, text: string): number {
  return readNumber(flag, text, { min: 0, max: 65_535 });
}

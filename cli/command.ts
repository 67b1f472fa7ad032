import process from "node:process";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { StackError } from "../local/launcher/stack-error.ts";

/** A subcommand of `headrace`. */
export interface Command {
  /** The text that `--help` prints. */
  readonly help: string;
  /** Resolves to the exit code. */
  run(args: string[]): Promise<number>;
}

/** The command line is wrong, and nothing was done: exit code 2. */
export class UsageError extends StackError {}

/**
 * Runs a command; the number that it resolves to is the exit code. A {@link StackError} explains itself; anything else
 * is a defect and keeps its stack.
 */
export async function runCommand(name: string, command: (args: string[]) => Promise<number>): Promise<void> {
  try {
    requireNode24();
    process.exitCode = await command(process.argv.slice(2));
  } catch (error) {
    const text = error instanceof StackError ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${name}: ${text}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** `require-node-24.cjs` says the same on a Node that cannot even read this file. */
function requireNode24(): void {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= 24) return;
  throw new StackError(
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
    throw new UsageError(`${reason}. \`--help\` lists the flags.`);
  }
}

/** A whole number from a flag, or a {@link UsageError} that names the flag and the bounds. */
export function readNumber(flag: string, text: string, bounds: { min: number; max: number }): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max) return value;
  throw new UsageError(`${flag} must be a whole number from ${bounds.min} to ${bounds.max}, not "${text}".`);
}

export function readPortFlag(flag: string, text: string): number {
  return readNumber(flag, text, { min: 0, max: 65_535 });
}

/** An address without a slash at its end. */
export function readUrl(flag: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return text.replace(/\/+$/, "");
  throw new UsageError(`${flag} must be an http or https address such as http://127.0.0.1:7071, not "${text}".`);
}

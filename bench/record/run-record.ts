import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseFlags, UsageError } from "../../cli/command.ts";
import { projectRoot } from "../../local/launcher/project.ts";
import { compareRecordings } from "./compare.ts";
import { type Recording, record } from "./record.ts";

const help = `Usage: npm run record -- --out FILE [--product DIR], or npm run record -- --compare A B

Records how a Headrace answers: starts one of its own, sends a fixed list of requests (every route, good and bad), and
writes status, headers and body of each answer. What differs from run to run, such as ids, times, keys and ports, is
replaced by names that do not, so that two recordings of one commit are the same, byte for byte. What \`headrace\` says to
\`--help\` and to a wrong command line is recorded too.

  --out FILE       where the recording is written
  --product DIR    the checkout that is recorded, after its \`npm install\`; an older commit will do   (this project)
  --compare A B    prints how the recording B differs from A; exit code 1 when it does
  --help
`;

const flags = {
  out: { type: "string" },
  product: { type: "string" },
  compare: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

export interface Output {
  /** What was asked for. */
  print(text: string): void;
  /** The steps under way, a line each. */
  say(line: string): void;
}

/** `npm run record`. Gives the exit code; throws a {@link UsageError} when the command line is wrong. */
export async function runRecord(args: string[], { print, say }: Output): Promise<number> {
  const { values, positionals } = parseFlags(args, flags, true);
  const { out, product, compare } = values;
  if (values.help) print(help);
  if (values.help) return 0;
  if (compare && out === undefined && product === undefined) return compareFiles(positionals, print);
  if (compare || out === undefined || positionals.length > 0)
    throw new UsageError("Say `--out FILE [--product DIR]` or `--compare A B`; `--help` says more.");
  const recording = await record(resolve(product ?? projectRoot), say);
  await writeFile(out, `${JSON.stringify(recording, null, 2)}\n`);
  say(`${recording.requests.length} requests and ${recording.commands.length} command lines are recorded in ${out}`);
  return 0;
}

async function compareFiles([a, b, ...more]: readonly string[], print: Output["print"]): Promise<number> {
  if (a === undefined || b === undefined || more.length > 0)
    throw new UsageError("--compare takes two recordings: `--compare A B`.");
  const differences = compareRecordings(await readRecording(a), await readRecording(b));
  print(differences.length === 0 ? "The recordings are the same.\n" : `${differences.join("\n")}\n`);
  return differences.length === 0 ? 0 : 1;
}

async function readRecording(path: string): Promise<Recording> {
  const text = await readFile(path, "utf8").catch(() => {
    throw new UsageError(`${path} cannot be read.`);
  });
  try {
    const { requests, commands } = JSON.parse(text) as Partial<Recording>;
    if (Array.isArray(requests) && Array.isArray(commands)) return { requests, commands };
  } catch {
    // As below: a file that is not JSON is not a recording.
  }
  throw new UsageError(`${path} is not a recording of \`npm run record -- --out\`.`);
}

import { spawn } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";
import { findLongTests } from "./long-tests.ts";

const tests = findLongTests();

const help = `Usage: npm run test:long -- [NAME…]

Runs the long tests, which \`npm test\` leaves out: all of them, or those with these names.

  ${[...tests.keys()].join(", ")}

Long is what lies in test/outage/ or is called *.long.test.ts; its name is the file's. Exit code 2 for an unknown name.
`;

/** Resolves to the exit code of Vitest. */
function runTests(files: readonly string[]): Promise<number> {
  // Each has products of its own that it kills and starts: beside two others they take longer than a test waits.
  const args = ["node_modules/vitest/vitest.mjs", "run", "--project", "long", "--maxWorkers", "2", ...files];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  // The terminal's Ctrl-C reaches both; a signal to this process alone is passed on.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => void child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

async function run(): Promise<number> {
  const options = { help: { type: "boolean", short: "h", default: false } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const unknown = positionals.filter((name) => !tests.has(name));
  if (unknown.length > 0) {
    const missing = unknown.map((name) => `"${name}"`).join(", ");
    throw new RangeError(`no long test is called ${missing}. There are: ${[...tests.keys()].join(", ")}`);
  }
  return runTests(positionals.flatMap((name) => tests.get(name) ?? []));
}

try {
  process.exitCode = await run();
} catch (error) {
  const [reason] = (error instanceof Error ? error.message : String(error)).split(". To specify");
  process.stderr.write(`test:long: ${reason}. \`--help\` says more.\n`);
  process.exitCode = 2;
}

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type Mark, type Marks, readMarks } from "./checks/marks.ts";
import { describeFinding } from "./checks/support/finding.ts";
import { collectInto, readCollected } from "./reached/collected.ts";

const help = `Usage: npm run reached [-- FILE… FLAG…]

Runs the quick tests and says how often they met each mark of the product: \`reached("…")\`, in a branch that is rarely
taken. Exit code 1 when a test fails, or when no test meets a mark.

With files of tests, or other arguments of Vitest, it runs what they choose, and lists only the marks that this meets.
`;

/** Resolves to the exit code of Vitest. */
function runTests(chosen: readonly string[], folder: string): Promise<number> {
  const args = ["node_modules/vitest/vitest.mjs", "run", ...chosen];
  const child = spawn(process.execPath, args, { stdio: "inherit", env: { ...process.env, ...collectInto(folder) } });
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => void child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

interface Judged {
  /** A line for each mark that was met, with how often, and one for all of them. */
  readonly met: readonly string[];
  /** A line for each mark that was not met, or marks nothing. */
  readonly missing: readonly string[];
}

export function judge({ marks, wrong }: Marks, counts: ReadonlyMap<string, number>): Judged {
  const byName = marks.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const met = byName.flatMap(({ name }) => (counts.has(name) ? [`${counts.get(name)} × ${name}`] : []));
  const unmet = byName.filter(({ name }) => !counts.has(name));
  return {
    met: [...met, `${met.length} of ${marks.length} marks were met`],
    missing: [...unmet.map(describeUnmet), ...wrong.map((finding) => describeFinding(finding).trimEnd())],
  };
}

function describeUnmet({ name, path, line }: Mark): string {
  return `${path}:${line}: no test meets "${name}"`;
}

async function main(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg === "--help" || arg === "-h")) {
    process.stdout.write(help);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), "headrace-reached-"));
  const isAll = args.length === 0;
  try {
    const code = await runTests(isAll ? ["--project=!long", "--project=!infra"] : args, folder);
    const { met, missing } = judge(readMarks(), readCollected(folder));
    process.stdout.write(`${[...met, ...(isAll ? missing : [])].join("\n")}\n`);
    return code === 0 && isAll && missing.length > 0 ? 1 : code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`reached: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}

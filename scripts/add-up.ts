import { readFileSync } from "node:fs";
import process from "node:process";

/** A run of tests that has ended: its output, and its exit code. */
interface Run {
  readonly log: string;
  readonly code: number;
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** As the runner's own summary says: `Tests  2 failed | 1224 passed (1226)`. A run without such a line ran no test. */
function readCounts({ log, code }: Run): Counts {
  const summary = log.match(/^ *Tests .*$/gm)?.at(-1) ?? "";
  const count = (word: string): number => Number(new RegExp(`(\\d+) ${word}\\b`).exec(summary)?.[1] ?? 0);
  const [passed, failed] = [count("passed"), count("failed")];
  // A run in which no test ran, or that ended with an error outside of any test, has failed all the same.
  const crashed = failed === 0 && (code !== 0 || passed === 0);
  return { passed, failed: crashed ? 1 : failed };
}

/**
 * What a run that failed says of each failure: its name, and the first line of why. It is said at the end once more,
 * since a long log is often shown in part.
 */
function readFailed({ log, code }: Run): readonly string[] {
  if (code === 0) return [];
  const found = log.matchAll(/^(?: FAIL .*(?:\n.+)?|✗ .*|.*: no test meets .*)$/gm);
  return [...new Set([...found].map(([line]) => line.trim()))];
}

/**
 * The arguments are pairs: the log of a run and its exit code. Prints what failed and the sum of all runs, and fails
 * when one of them failed.
 */
function main(args: readonly string[]): number {
  let [passed, failed] = [0, 0];
  for (let i = 0; i < args.length; i += 2) {
    const run = { log: readFileSync(args[i] ?? "", "utf8"), code: Number(args[i + 1]) };
    const counts = readCounts(run);
    for (const line of readFailed(run)) process.stdout.write(`${line}\n`);
    passed += counts.passed;
    failed += counts.failed;
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return passed > 0 && failed === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));

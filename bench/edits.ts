import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import process from "node:process";
import { parseFlags, readNumber, runCommand, UsageError } from "../cli/command.ts";
import { createProgress } from "../cli/progress.ts";
import { openSource } from "../cli/send/read-lines.ts";
import { type SendReport, sendFile } from "../cli/send/send-file.ts";
import { formatTable } from "../cli/table.ts";
import { defaultStateDir } from "../local/launcher/project.ts";
import { startStack } from "../local/launcher/stack.ts";
import { requireRunning } from "../local/launcher/state.ts";
import { countFile, type FileCounts, sumOf } from "./count-file.ts";
import { type OrgKey, readEvents, readMetrics } from "./read-back.ts";
import { makeOrgs } from "./verify.ts";

const help = `Usage: npm run bench:edits -- FILE [FLAGS]

Sends a file of Wikipedia edits (NDJSON, one org for each channel) twice through a Headrace of its own, and compares what the
API says of every org and event type, by metrics, by paging and by receipts, with what the file holds. The second time nothing
new may be stored. Exit code 1 on any difference.

  --concurrency N   senders at the same time   (8)
  --batch N         events in a request        (100)
  --running         use the Headrace that runs on this machine, whose orgs of these names must be new
  --state DIR       its state folder           (.headrace)
`;

const flags = {
  concurrency: { type: "string", default: "8" },
  batch: { type: "string", default: "100" },
  running: { type: "boolean", default: false },
  state: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

const shownDifferences = 20;

const mapping = { org: "channel", type: "namespace", time: "time", user: "user" } as const;

await runCommand("bench:edits", runBench);

interface Product {
  readonly baseUrl: string;
  readonly stateDir: string;
  stop(): Promise<void>;
}

async function runBench(args: string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, flags, true);
  if (values.help) return print(help);
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError(`Name the file of edits.\n\n${help}`);
  const concurrency = readNumber("--concurrency", values.concurrency, { min: 1, max: 64 });
  const batchSize = readNumber("--batch", values.batch, { min: 1, max: 5_000 });
  const expected = await countFile(file, mapping);
  print(`${basename(file)}: ${expected.total} edits of ${expected.byOrg.size} orgs\n`);
  const product = values.running ? useRunning(resolve(values.state ?? defaultStateDir)) : await startOwn();
  try {
    return (await compareTwice(product, file, expected, { concurrency, batchSize })) ? 0 : 1;
  } finally {
    await product.stop();
  }
}

function useRunning(stateDir: string): Product {
  return { ...requireRunning(stateDir), stateDir, stop: () => Promise.resolve() };
}

async function startOwn(): Promise<Product> {
  const stateDir = mkdtempSync(join(tmpdir(), "headrace-edits-"));
  const stack = await startStack({ stateDir });
  const stop = async (): Promise<void> => {
    await stack.stop();
    rmSync(stateDir, { recursive: true, force: true });
  };
  return { baseUrl: stack.baseUrl, stateDir, stop };
}

interface Pace {
  readonly concurrency: number;
  readonly batchSize: number;
}

async function compareTwice(product: Product, file: string, expected: FileCounts, pace: Pace): Promise<boolean> {
  const keys = await makeOrgs(product, expected.byOrg.keys());
  const first = await sendOnce(product, file, keys, pace);
  const once = await compare(product, expected, keys, first, "stored");
  const second = await sendOnce(product, file, keys, pace);
  const twice = await compare(product, expected, keys, second, "duplicate");
  return once && twice;
}

async function sendOnce(
  product: Product,
  file: string,
  keys: ReadonlyMap<string, string>,
  pace: Pace,
): Promise<SendReport> {
  const progress = createProgress(process.stderr);
  const report = await sendFile({
    source: openSource(file),
    sourceName: basename(file),
    mapping,
    api: { baseUrl: product.baseUrl, maxWaitMs: 60_000, onRetry: progress.retry },
    ...pace,
    compression: "gzip",
    keyFor: (org) => Promise.resolve(keys.get(org) ?? ""),
    wait: true,
    patienceMs: 120_000,
    onProgress: progress.update,
  });
  progress.end();
  return report;
}

/** Prints a table of the orgs, its last line the totals, and names every difference. */
async function compare(
  product: Product,
  expected: FileCounts,
  keys: ReadonlyMap<string, string>,
  report: SendReport,
  outcome: "stored" | "duplicate",
): Promise<boolean> {
  const api = { baseUrl: product.baseUrl, maxWaitMs: 60_000 };
  const orgs: OrgKey[] = [...keys].map(([org, apiKey]) => ({ org, apiKey }));
  const metrics = await readMetrics(orgs, expected, api);
  const paged = await readEvents(orgs, expected, api);
  const differences: string[] = [];
  const check = (what: string, found: number, wanted: number): void => {
    if (found !== wanted) differences.push(`${what}: ${found} instead of ${wanted}`);
  };
  const rows = [["org", "in the file", "accepted", "stored", "duplicate", "quarantined", "metrics", "paged"]];
  for (const [org, types] of [...expected.byOrg].toSorted(([, a], [, b]) => sumOf(b) - sumOf(a))) {
    const wanted = sumOf(types);
    const counts = report.tally.of(org);
    check(`${org}, accepted`, counts.accepted, wanted);
    for (const name of ["stored", "duplicate", "quarantined"] as const) {
      check(`${org}, ${name}`, counts[name], name === outcome ? wanted : 0);
    }
    for (const [source, found] of [
      ["metrics", metrics.get(org)],
      ["paged", paged.get(org)],
    ] as const) {
      const names = new Set([...types.keys(), ...(found?.keys() ?? [])]);
      for (const type of names) check(`${org}, ${type}, ${source}`, found?.get(type) ?? 0, types.get(type) ?? 0);
    }
    const { accepted, stored, duplicate, quarantined } = counts;
    const numbers = [wanted, accepted, stored, duplicate, quarantined, sumOf(metrics.get(org)), sumOf(paged.get(org))];
    rows.push([org, ...numbers.map(String)]);
  }
  rows.push(sumRows(rows.slice(1)));
  for (const { where, problem } of report.tally.failures)
    differences.push(`${where}: ${problem.code}: ${problem.detail}`);
  const seconds = (report.sendingMs / 1000).toFixed(1);
  const settled = ((report.sendingMs + report.settlingMs) / 1000).toFixed(1);
  const rate = Math.round(expected.total / ((report.sendingMs + report.settlingMs) / 1000));
  const which = outcome === "stored" ? "Sent once" : "Sent a second time";
  print(
    `\n${which}: accepted after ${seconds} s, settled after ${settled} s (${rate} events a second)\n\n${formatTable(rows)}`,
  );
  if (differences.length > 0) {
    const shown = differences.slice(0, shownDifferences);
    print(`\n${differences.length} differences, the first ${shown.length}:\n${shown.map((d) => `  ${d}\n`).join("")}`);
  }
  return differences.length === 0;
}

function sumRows(rows: readonly (readonly string[])[]): string[] {
  const columns = (rows[0]?.length ?? 1) - 1;
  const sums = Array.from({ length: columns }, (_, i) => rows.reduce((sum, row) => sum + Number(row[i + 1]), 0));
  return ["total", ...sums.map(String)];
}

function print(text: string): 0 {
  process.stdout.write(text);
  return 0;
}

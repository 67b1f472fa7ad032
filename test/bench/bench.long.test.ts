import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import type { FigureReport } from "../../bench/report/report.ts";

const exec = promisify(execFile);

/** Not a timed test. It checks that everything measured is there, and that faults are reported. */
it("npm run bench measures every figure with a few events, and keeps the results", { timeout: 1_200_000 }, async () => {
  const dir = await mkdtemp(join(tmpdir(), "headrace-bench-test-"));
  const args = ["bench/bench.ts", "--quick", "--out", dir];
  const { stdout } = await exec(process.execPath, args, { maxBuffer: 1e7 });
  expect(stdout).not.toContain("worth nothing");
  const kept = await readFile(join(dir, "benchmarks.json"), "utf8");
  const report = JSON.parse(kept) as Record<string, FigureReport>;
  expect(Object.keys(report)).toEqual([
    "ingest",
    "schemas",
    "stored",
    "readable",
    "whole",
    "dialects",
    "cost",
    "authentication",
    "cold-start",
    "neighbours",
  ]);
  for (const { tables, machine } of Object.values(report)) {
    expect(machine.cores).toBeGreaterThan(0);
    expect(tables.flatMap(({ rows }) => rows).length).toBeGreaterThan(0);
  }
  const costs = Object.fromEntries(report.cost?.tables[0]?.rows.map(([what, own]) => [what, own]) ?? []);
  // A request of 100 events is one message, and every event is one document.
  expect(costs["Event Hubs messages"]).toBe(0.01);
  expect(costs["Cosmos DB documents created"]).toBeGreaterThan(1);
  const markdown = await readFile(join(dir, "benchmarks.md"), "utf8");
  for (const { title } of Object.values(report)) expect(markdown).toContain(`## ${title}`);
  // The size of the machine, but not its name or its paths.
  expect(kept + markdown).not.toContain(tmpdir());
  expect(kept + markdown).not.toContain(process.cwd());
  await rm(dir, { recursive: true });
});

it("npm run bench --last measures a checkout beside itself", { timeout: 300_000 }, async () => {
  const { stdout } = await exec(process.execPath, ["bench/bench.ts", "--quick", "--last", "."], { maxBuffer: 1e7 });
  expect(stdout).not.toContain("worth nothing");
  expect(stdout).toMatch(/batches of 1: events\/s ÷ last release +\d/);
  expect(stdout).toMatch(/last release +\d+\.\d+ +[\d,]+ /);
});

it("npm run bench:schemas --beside measures a calm org beside each neighbour", { timeout: 300_000 }, async () => {
  const { stdout } = await exec(process.execPath, ["bench/schemas.ts", "--beside", "--quick"]);
  for (const neighbour of [
    "nobody",
    "texts of the same sizes",
    "the same events, without schemas",
    "hostile schemas and events",
  ])
    expect(stdout).toMatch(new RegExp(`${neighbour} +\\d+ +\\d+\\.\\d +\\d+\\.\\d +\\d+\\.\\d\\d +\\d+\\.\\d\\d`));
});

import process from "node:process";
import type { Tally } from "../cli/send/tally.ts";
import type { Stack } from "../local/launcher/stack.ts";
import { readMarks } from "../scripts/checks/marks.ts";
import type { Disturbance } from "./disturb.ts";
import type { HistoryReport } from "./history/checker.ts";

interface Reported {
  readonly stack: Stack;
  readonly tally: Tally;
  readonly disturbance: Disturbance;
}

const EVERY_MS = 60_000;
const SHOWN = 50;

/** Prints a line each minute; returns a function that ends it. */
export function reportProgress({ stack, tally, disturbance }: Reported): () => void {
  const began = performance.now();
  const timer = setInterval(() => {
    const minutes = Math.round((performance.now() - began) / 60_000);
    const { accepted, pending } = tally.total();
    const memory = Math.round(process.memoryUsage().rss / 1024 / 1024);
    process.stdout.write(
      `${minutes} min: ${n(accepted)} events accepted, ${n(accepted - pending)} settled; ${n(sum(disturbance.events))} disturbances, ` +
        `${n(sum(stack.faults?.counts() ?? {}))} faults; this process ${memory} MB\n`,
    );
  }, EVERY_MS);
  return () => clearInterval(timer);
}

/** The disturbances, and their results. */
export function describeChaos({
  stack,
  tally,
  disturbance,
  readings,
  reached,
  wrong,
  seed,
  shutDowns,
}: Reported & {
  readonly readings: HistoryReport["readings"];
  /** How often each mark of a rare branch was met. */
  readonly reached: ReadonlyMap<string, number>;
  readonly wrong: readonly string[];
  readonly seed: number;
  /** How often a host shut itself down. */
  readonly shutDowns: number;
}): string {
  const { accepted, stored, duplicate, quarantined } = tally.total();
  const jumped = Math.round(((stack.clock?.now() ?? Date.now()) - Date.now()) / 1000);
  return [
    `seed ${seed}`,
    `${n(accepted)} events accepted: ${n(stored)} stored, ${n(duplicate)} duplicate, ${n(quarantined)} quarantined`,
    `done to processes and clocks: ${list(disturbance.events)}; the clocks are ${n(jumped)} s ahead`,
    `hosts that shut themselves down: ${n(shutDowns)}`,
    `faults, ${n(sum(stack.faults?.counts() ?? {}))} in all: ${list(stack.faults?.counts() ?? {})}`,
    `readings checked while it ran, ${n(sum(readings))} in all: ${list(readings)}`,
    ...describeReached(reached),
    ...wrong.slice(0, SHOWN),
    wrong.length === 0
      ? "Nothing lost, nothing counted twice, the account is proven."
      : `${n(wrong.length)} things are wrong.`,
    "",
  ].join("\n");
}

function describeReached(reached: ReadonlyMap<string, number>): string[] {
  const names = readMarks().marks.map(({ name }) => name);
  const missing = names.filter((name) => !reached.has(name)).sort();
  return [
    `rare branches met, ${n(names.length - missing.length)} of ${n(names.length)}: ${list(Object.fromEntries(reached))}`,
    ...(missing.length > 0 ? [`not met: ${missing.join(", ")}`] : []),
  ];
}

function list(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([what, count]) => `${n(count)} × ${what}`).join(", ") || "nothing";
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function n(value: number): string {
  return value.toLocaleString("en-US");
}

import { formatTable } from "../../cli/table.ts";
import { type Aim, judge, type Measured, type Table } from "../figures/figure.ts";
import { round3 } from "../figures/statistics.ts";
import type { Machine } from "./machine.ts";

export interface FigureReport extends Measured {
  readonly title: string;
  /** The time that the figure took in all. */
  readonly seconds: number;
  /** As `--factor`: below 1 rounds were shorter and events fewer. */
  readonly factor: number;
  readonly machine: Machine;
}

/** By figure: each is as old as its own last run. */
export type Report = Readonly<Record<string, FigureReport>>;

export function formatCell(value: string | number): string {
  if (typeof value === "string") return value;
  if (!Number.isFinite(value)) return "–";
  const rounded = Math.abs(value) >= 1000 ? Math.round(value) : round3(value);
  return rounded.toLocaleString("en", { maximumFractionDigits: 6 });
}

/** For the terminal. */
export function formatFigure({ title, tables, aims, problems }: Pick<FigureReport, keyof Measured | "title">): string {
  const parts = [title, ...tables.map((table) => formatTable(cellsOf(table)))];
  if (aims.length > 0) parts.push(formatTable([aimColumns, ...aims.map(aimCells)]));
  if (problems.length > 0) parts.push(`The numbers are worth nothing:\n${problems.map((p) => `  ${p}\n`).join("")}`);
  return `\n${parts.join("\n")}`;
}

const aimColumns = ["aim", "found", "wanted", "beyond", ""];

function aimCells(aim: Aim): string[] {
  const sign = aim.better === "more" ? "≥" : "≤";
  const goal = aim.goal === undefined ? "" : `${sign} ${formatCell(aim.goal)}`;
  return [aim.what, formatCell(aim.found), `${sign} ${formatCell(aim.aim)}`, goal, judge(aim)];
}

function cellsOf({ columns, rows }: Table): string[][] {
  return [[...columns], ...rows.map((row) => row.map(formatCell))];
}

/** For `docs/benchmarks.md`. */
export function toMarkdown(report: Report): string {
  const figures = Object.values(report);
  const aims = figures.flatMap((figure) => figure.aims);
  const parts = ["## Aims", markdownTable([aimColumns, ...aims.map(aimCells)])];
  for (const figure of figures) {
    parts.push(`## ${figure.title}`, describe(figure));
    for (const problem of figure.problems) parts.push(`**Not valid:** ${problem}`);
    parts.push(...figure.tables.map((table) => markdownTable(cellsOf(table))), ...figure.notes.map(wrap));
  }
  return `${parts.join("\n\n")}\n`;
}

/** Prose in Markdown is at most 120 wide. */
function wrap(paragraph: string): string {
  return paragraph.replaceAll(/(.{1,120})(?: |$)/g, "$1\n").trimEnd();
}

function describe({ factor, machine }: FigureReport): string {
  const { date, processor, cores, memoryGb, system, node, loadBefore } = machine;
  const scaled = factor === 1 ? "" : ` Durations and events × ${factor}.`;
  return `${date} UTC, ${cores} cores of ${processor}, ${memoryGb} GB, ${system}, Node ${node}; load before: ${loadBefore}.${scaled}`;
}

function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, i) => (i === 0 ? "---" : "---:"));
  return [line(head), `|${rule.join("|")}|`, ...rows.map(line)].join("\n");
}

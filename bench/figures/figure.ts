import type { Rig } from "../rig/rig.ts";

/** One part of the benchmark. It runs by itself, with processes of its own. */
export interface Figure {
  /** As `--only` takes it. */
  readonly name: string;
  readonly title: string;
  measure(rig: Rig): Promise<Measured>;
}

/** The result of a figure. Plain data, kept as JSON. */
export interface Measured {
  readonly tables: readonly Table[];
  readonly aims: readonly Aim[];
  /** How it was measured, for readers of the numbers. */
  readonly notes: readonly string[];
  /** The reasons why the numbers are worthless: answers other than 202, events that did not arrive. */
  readonly problems: readonly string[];
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export interface Aim {
  readonly what: string;
  readonly found: number;
  readonly better: "more" | "less";
  readonly aim: number;
  /** The goal beyond the aim. */
  readonly goal?: number;
}

export type Verdict = "missed" | "met" | "beyond";

export function judge({ found, better, aim, goal }: Aim): Verdict {
  // A value that was not measured (NaN, or a division by nothing) reaches nothing.
  const reaches = (wanted: number): boolean =>
    Number.isFinite(found) && (better === "more" ? found >= wanted : found <= wanted);
  if (!reaches(aim)) return "missed";
  return goal !== undefined && reaches(goal) ? "beyond" : "met";
}

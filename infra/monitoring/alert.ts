import type { publishedMetrics } from "./published-metrics.ts";

/** The part of docs/runbook.md that has what to do. */
export type RunbookPart = "edge" | "pipeline" | "stores" | "secrets" | "telemetry" | "objectives";

/** 0 wakes everybody, 1 wakes someone, 2 is for the day, 3 is for the week. */
export type Severity = 0 | 1 | 2 | 3;

interface AlertBase {
  readonly name: string;
  readonly severity: Severity;
  /** What is seen, in the words of the mail. */
  readonly what: string;
  readonly part: RunbookPart;
  /** False: it is there, and asks nothing. */
  readonly on: boolean;
  readonly window: Duration;
  readonly every: Duration;
}

export type Duration = "PT5M" | "PT15M" | "PT30M" | "PT1H" | "PT6H" | "P2D";

type Published = typeof publishedMetrics;

/** A dimension's values; `*`: each value is a series of its own, and priced as one. */
export type Dimension = readonly [name: string, ...values: string[]];

export interface Criterion {
  readonly metric: string;
  readonly aggregation: "Average" | "Maximum" | "Total" | "Count";
  readonly operator: "GreaterThan" | "LessThan";
  /** Whole: Azure's type knows no other. */
  readonly threshold: number;
  readonly dimension?: Dimension;
}

/** What a metric of the platform tells; with several criteria all of them are met. */
export interface MetricAlert extends AlertBase {
  readonly kind: "metric";
  readonly target: keyof Published;
  readonly criteria: readonly Criterion[];
}

/** What a query over the workspace tells, by its rows. */
export interface QueryAlert extends AlertBase {
  readonly kind: "query";
  readonly query: string;
  /** `some`: it has found something. `none`: what ought to be there is not. */
  readonly fires: "some" | "none";
}

/** The same over metrics of our own, which the code has to emit first. */
export interface AppAlert extends Omit<QueryAlert, "kind"> {
  readonly kind: "app";
}

export type Alert = MetricAlert | QueryAlert | AppAlert;

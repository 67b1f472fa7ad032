import type { AppAlert, Duration, Severity } from "./alert.ts";

/** Metrics of our own begin so; a test compares those that the code emits with those that are asked for here. */
export const APP_METRIC = /headrace(?:\.[a-z_]+){2,}/g;

interface Burn {
  readonly speed: "fast" | "slow";
  readonly rate: number;
  readonly long: Duration;
  readonly short: string;
  readonly severity: Severity;
  readonly spent: string;
}

/**
 * As in "The Site Reliability Workbook", chapter 5: what may fail in 30 days is being spent this many times too fast,
 * over a long time (it is not a moment) and a short one (it is still so).
 */
const burns: readonly Burn[] = [
  { speed: "fast", rate: 14.4, long: "PT1H", short: "5m", severity: 1, spent: "2 % of it in an hour" },
  { speed: "slow", rate: 6, long: "PT6H", short: "30m", severity: 2, spent: "5 % of it in 6 hours" },
];

/**
 * What only the app can tell. Each is off until the product's code emits its metric: the same change turns it on
 * here, and a test says so.
 */
export const appAlerts: readonly AppAlert[] = [
  ...burnRates({
    objective: "accepted",
    percent: 99.9,
    metric: "headrace.ingest.requests",
    of: "requests with events that are answered, and not with an error of ours",
  }),
  ...burnRates({
    objective: "settled",
    percent: 99,
    metric: "headrace.events.settled",
    of: "events that have their outcome within 5 seconds",
  }),
  above({
    name: "work-queue-long",
    metric: "headrace.work.length",
    limit: 10_000,
    severity: 2,
    what: "More than 10,000 work items wait in the queue.",
  }),
  above({
    name: "work-queue-old",
    metric: "headrace.work.age_seconds",
    limit: 300,
    severity: 1,
    what: "The oldest work item waits for more than 5 minutes.",
  }),
  above({
    name: "poison-queue-old",
    metric: "headrace.poison.age_seconds",
    limit: 3_600,
    severity: 1,
    what: "A work item waits in the poison queue for more than an hour; it is lost after 7 days.",
  }),
  {
    ...above({
      name: "rotation-overdue",
      metric: "headrace.rotation.overdue_seconds",
      limit: 86_400,
      severity: 2,
      what: "A secret should have been rotated more than a day ago.",
    }),
    part: "secrets",
  },
  {
    ...above({
      name: "canary-fails",
      metric: "headrace.canary.failures",
      limit: 0,
      severity: 1,
      what: "Our own event was not found again in time: sending or reading does not work.",
    }),
    part: "objectives",
  },
];

interface Above {
  readonly name: string;
  readonly metric: string;
  readonly limit: number;
  readonly severity: Severity;
  readonly what: string;
}

/** The largest value of the last quarter of an hour. */
function above({ name, metric, limit, severity, what }: Above): AppAlert {
  return {
    kind: "app",
    name,
    severity,
    what,
    part: "pipeline",
    on: false,
    window: "PT15M",
    every: "PT5M",
    query: `AppMetrics\n| where Name == "${metric}"\n| summarize highest = max(Max)\n| where highest > ${limit}`,
    fires: "some",
  };
}

interface Objective {
  readonly objective: string;
  /** Of 30 days. */
  readonly percent: number;
  /** Counts with the property `good`, `true` or `false`. */
  readonly metric: string;
  readonly of: string;
}

function burnRates({ objective, percent, metric, of }: Objective): AppAlert[] {
  return burns.map(({ speed, rate, long, short, severity, spent }) => {
    const allowed = Number(((rate * (100 - percent)) / 100).toPrecision(3));
    return {
      kind: "app",
      name: `${objective}-burns-${speed}`,
      severity,
      what: `The objective is ${percent} % of ${of}. What may fail in 30 days is spent too fast: ${spent}.`,
      part: "objectives",
      on: false,
      window: long,
      every: "PT5M",
      query: [
        "AppMetrics",
        `| where Name == "${metric}"`,
        '| extend bad = iff(tostring(Properties["good"]) == "false", Sum, 0.0)',
        `| extend recent = TimeGenerated > ago(${short})`,
        "| summarize all_long = sum(Sum), bad_long = sum(bad),",
        "    all_short = sumif(Sum, recent), bad_short = sumif(bad, recent)",
        `| where bad_long > ${allowed} * all_long and bad_short > ${allowed} * all_short`,
      ].join("\n"),
      fires: "some",
    };
  });
}

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { triggers } from "../../../functions/triggers.ts";
import type { AppAlert, MetricAlert } from "../../../infra/monitoring/alert.ts";
import { alertsOf } from "../../../infra/monitoring/alerts.ts";
import { APP_METRIC } from "../../../infra/monitoring/app-alerts.ts";
import { findPublished } from "../../../infra/monitoring/published-metrics.ts";
import { readFiles } from "../../../scripts/checks/support/project.ts";
import { read } from "../support/stack-config.ts";

const alerts = alertsOf(read());
const metricAlerts = alerts.filter((alert): alert is MetricAlert => alert.kind === "metric");
const appAlerts = alerts.filter((alert): alert is AppAlert => alert.kind === "app");
const minutes = { PT5M: 5, PT15M: 15, PT30M: 30, PT1H: 60, PT6H: 360, P2D: 2 * 24 * 60 };

test("what the platform tells is watched: throttling, errors, backlog, secrets, no traffic, the cap", () => {
  const on = alerts.filter(({ on: isOn }) => isOn).map(({ name }) => name);
  expect(on).toEqual(
    expect.arrayContaining([
      ...["requests-fail", "no-traffic", "hub-throttled", "hub-fails", "hub-backlog-grows", "work-waits"],
      ...["timer-stands", "sweep-stands"],
      ...[
        "cosmos-throttled",
        "cosmos-busy",
        "storage-throttled",
        "vault-fails",
        "secret-near-its-end",
        "telemetry-capped",
      ],
    ]),
  );
});

test("what only the app can tell is in the list: both objectives by two speeds, queues, rotation, the canary", () => {
  expect(appAlerts.map(({ name }) => name)).toEqual([
    ...["accepted-burns-fast", "accepted-burns-slow", "settled-burns-fast", "settled-burns-slow"],
    ...["work-queue-long", "work-queue-old", "poison-queue-old", "rotation-overdue", "canary-fails"],
  ]);
});

test.each([
  ["timer-stands", "rotate-secrets"],
  ["sweep-stands", "sweep-ledger"],
] as const)("%s is told by a line that %s writes and the host lets through", (alert, timer) => {
  const { query = "" } = alerts.find(({ name }) => name === alert) as { query?: string };
  const [, line = "none"] = /Message has "([^"]+)"/.exec(query) ?? [];
  expect(readFileSync("shared/operator/timer-runs.ts", "utf8")).toContain(`log.info("${line}", { timer })`);
  const { logging } = JSON.parse(readFileSync("host.json", "utf8")) as {
    logging: { logLevel: Record<string, string> };
  };
  expect(logging.logLevel[`Function.${timer}.User`]).toBe("Information");
  // An aggregate without `by` gives its row also when nothing ran at all.
  expect(query).toMatch(new RegExp(`\\| summarize runs = countif\\(timer == "${timer}"\\)\\n\\| where runs == 0$`));
});

test("every timer has an alert for when it stands", () => {
  const queries = alerts.map((alert) => ("query" in alert ? alert.query : "")).join("\n");
  for (const timer of Object.keys(triggers.timer)) expect(queries).toContain(`countif(timer == "${timer}")`);
});

test("names are unique, and such that Azure takes them", () => {
  expect(new Set(alerts.map(({ name }) => name)).size).toBe(alerts.length);
  expect(alerts.filter(({ name }) => !/^[a-z][a-z-]{2,59}$/.test(name))).toEqual([]);
});

test("an alert that may be noise for a stack is off there", () => {
  const names = ["no-traffic", "origin-unhealthy"];
  const states = (changes: Record<string, unknown>) =>
    alertsOf(read(changes))
      .filter(({ name }) => names.includes(name))
      .map(({ name, on }) => [name, on]);
  expect(states({})).toEqual([
    ["origin-unhealthy", false],
    ["no-traffic", true],
  ]);
  const monitoring = { emails: ["a@example.com"], monthlyBudget: 1, trafficExpected: false };
  const edge = { privateLinkLocations: ["westeurope", "northeurope"] };
  expect(states({ "headrace:monitoring": monitoring, "headrace:edge": edge })).toEqual([
    ["origin-unhealthy", true],
    ["no-traffic", false],
  ]);
});

describe("each metric of the platform is one that Microsoft publishes", () => {
  test.each(metricAlerts.map((alert) => [alert.name, alert] as const))("%s", (_name, { target, criteria, window }) => {
    for (const { metric, aggregation, dimension } of criteria) {
      const published = findPublished(target, metric);
      expect(published?.aggregations, metric).toContain(aggregation);
      if (dimension) expect(published?.dimensions).toContain(dimension[0]);
      if (published?.grain === "PT1H") expect(minutes[window]).toBeGreaterThanOrEqual(60);
    }
  });

  test("and those that queries read can be exported", () => {
    const queries = alerts
      .flatMap((alert) => (alert.kind === "query" ? [alert.query] : []))
      .filter((text) => text.includes("AzureMetrics"));
    const names = queries.flatMap((text) => [...text.matchAll(/"([A-Z]\w+)"/g)].map(([, name = ""]) => name));
    expect([...new Set(names)].sort()).toEqual(["IncomingMessages", "OutgoingMessages"]);
    expect(names.filter((name) => findPublished("eventHubs", name) === undefined)).toEqual([]);
  });
});

test("Azure takes the rules: whole thresholds, windows that hold an evaluation, logs not too often", () => {
  expect(
    metricAlerts.flatMap(({ criteria }) => criteria).filter(({ threshold }) => !Number.isInteger(threshold)),
  ).toEqual([]);
  expect(alerts.filter(({ window, every }) => minutes[window] < minutes[every])).toEqual([]);
});

describe("an alert on a metric of ours is on if, and only if, the product's code emits it", () => {
  const emitted = emittedMetrics();

  test("today it emits none", () => {
    expect([...emitted]).toEqual([]);
  });

  test.each(appAlerts.map((alert) => [alert.name, alert] as const))("%s", (_name, { query, on }) => {
    const queried = metricsIn(query);
    expect(queried).toHaveLength(1);
    expect(on).toBe(queried.every((name) => emitted.has(name)));
  });

  test("and one that is emitted is asked for by some alert", () => {
    const queried = appAlerts.flatMap(({ query }) => metricsIn(query));
    expect([...emitted].filter((name) => !queried.includes(name))).toEqual([]);
  });

  test("a metric in the code is found", () => {
    expect(metricsIn('meter.createCounter("headrace.ingest.requests", {})')).toEqual(["headrace.ingest.requests"]);
    expect(metricsIn('scope "urn:headrace:error", a file headrace.ts')).toEqual([]);
  });
});

test("each alert says what to do: it stands in its part of the runbook, and the runbook names no other", () => {
  const parts = runbookParts();
  for (const { name, part } of alerts) expect(parts.get(part), `${name} in "Alerts: ${part}"`).toContain(name);
  const known = alerts.map(({ name }) => name);
  expect([...parts.values()].flat().filter((name) => !known.includes(name))).toEqual(["service-health"]);
});

test("the two windows of a burn rate: as fast as the objective allows is no alert, faster is one", () => {
  const limits = Object.fromEntries(
    appAlerts
      .filter(({ name }) => name.includes("burns"))
      .map(({ name, query, window }) => [name, [window, ...rates(query)]]),
  );
  expect(limits).toEqual({
    "accepted-burns-fast": ["PT1H", 0.0144, 0.0144],
    "accepted-burns-slow": ["PT6H", 0.006, 0.006],
    "settled-burns-fast": ["PT1H", 0.144, 0.144],
    "settled-burns-slow": ["PT6H", 0.06, 0.06],
  });
});

function rates(query: string): number[] {
  return [...query.matchAll(/> ([\d.]+) \* all_/g)].map(([, rate]) => Number(rate));
}

function metricsIn(text: string): string[] {
  return [...text.matchAll(APP_METRIC)].map(([name]) => name);
}

/** Names of metrics in what is deployed. */
function emittedMetrics(): Set<string> {
  const deployed = readFiles(["{shared,functions}/**/*.ts"]);
  expect(deployed.length).toBeGreaterThan(100);
  return new Set(deployed.flatMap(({ text }) => metricsIn(text)));
}

/** The alerts that each part of the runbook has a row for. */
function runbookParts(): Map<string, string[]> {
  const page = readFileSync("docs/runbook.md", "utf8");
  return new Map(
    page
      .split(/^### /m)
      .slice(1)
      .flatMap((section) => {
        const [, part] = /^Alerts: (\w+)\n/.exec(section) ?? [];
        return part === undefined
          ? []
          : [[part, [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name = ""]) => name)]];
      }),
  );
}

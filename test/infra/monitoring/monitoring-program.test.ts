import { beforeAll, describe, expect, test } from "vitest";
import { alertsOf } from "../../../infra/monitoring/alerts.ts";
import { type EdgeRun, runEdge } from "../support/edge-program.ts";
import { id, monitoring, read } from "../support/stack-config.ts";

let run: EdgeRun;
let noisy: EdgeRun;

beforeAll(async () => {
  run = await runEdge();
  const logs = { frontDoorAccess: true, frontDoorFirewall: true, app: true, cosmosDataPlane: true };
  const runbook = "https://wiki.example.com/runbook";
  noisy = await runEdge({
    "headrace:monitoring": {
      ...monitoring,
      emails: ["a@example.com", "b@example.com"],
      dailyCapGb: 3,
      samplingPercent: 50,
      runbook,
      logs,
    },
  });
});

/** Categories of logs by what writes them. */
function logsOf({ all }: EdgeRun): Record<string, string[]> {
  return Object.fromEntries(
    all("monitor:DiagnosticSetting").map(({ name, inputs }) => [
      name,
      (inputs.logs as { category: string; enabled: boolean }[])
        .filter(({ enabled }) => enabled)
        .map(({ category }) => category),
    ]),
  );
}

test("telemetry is sent and read with Entra tokens only, capped, and kept as long as configured", () => {
  expect(noisy.the("operationalinsights:Workspace").inputs).toMatchObject({
    features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true },
    workspaceCapping: { dailyQuotaGb: 3 },
    retentionInDays: 30,
  });
  expect(noisy.the("applicationinsights:Component").inputs).toMatchObject({
    disableLocalAuth: true,
    disableIpMasking: false,
    ingestionMode: "LogAnalytics",
    // Sampling here would take exceptions and warnings too: the host does it.
    samplingPercentage: 100,
  });
});

test("no log with a row for each request is on unless it is configured", () => {
  expect(logsOf(run)).toEqual({
    eventHubs: ["OperationalLogs", "AutoScaleLogs", "DiagnosticErrorLogs"],
    cosmos: ["ControlPlaneRequests"],
    keyVault: ["AuditEvent"],
    blobs: ["StorageDelete"],
    frontDoor: ["FrontDoorHealthProbeLog"],
  });
});

test("each of them can be configured", () => {
  expect(logsOf(noisy)).toMatchObject({
    cosmos: ["ControlPlaneRequests", "DataPlaneRequests"],
    frontDoor: ["FrontDoorHealthProbeLog", "FrontDoorAccessLog", "FrontDoorWebApplicationFirewallLog"],
    app: ["FunctionAppLogs"],
  });
});

test("metrics go into the workspace only where a query reads them", () => {
  const withMetrics = run
    .all("monitor:DiagnosticSetting")
    .filter(({ inputs }) => (inputs.metrics as unknown[]).length > 0);
  expect(withMetrics.map(({ name }) => name)).toEqual(["eventHubs"]);
});

describe("alerts", () => {
  const rulesOf = ({ all }: EdgeRun) => [...all("monitor:MetricAlert"), ...all("monitor:ScheduledQueryRule")];

  test("are a rule each, by the list", () => {
    const states = rulesOf(run).map(({ name, inputs }) => [name, inputs.enabled, inputs.severity]);
    const listed = alertsOf(read()).map(({ name, on, severity }) => [name, on, severity]);
    expect(states.sort()).toEqual(listed.sort());
  });

  test("reach people, resolve by themselves, and say what to do", () => {
    const group = run.state[run.the("monitor:ActionGroup").urn]?.id;
    for (const { inputs } of rulesOf(run)) {
      expect(JSON.stringify(inputs.actions)).toContain(group);
      expect(inputs).toMatchObject({
        autoMitigate: true,
        description: expect.stringMatching(/\S\. What to do: docs\/runbook\.md#alerts-[a-z]+$/),
      });
    }
    for (const { inputs } of rulesOf(noisy))
      expect(inputs.description).toMatch(/ https:\/\/wiki\.example\.com\/runbook#alerts-[a-z]+$/);
  });

  test("on metrics are of one resource that is there, and on logs of the workspace", () => {
    const scopes = run.all("monitor:MetricAlert").flatMap(({ inputs }) => inputs.scopes as string[]);
    expect(
      scopes.filter((scope) => !/^\/subscriptions\/[\w-]+\/resourceGroups\/[\w-]+\/providers\/Microsoft\./.test(scope)),
    ).toEqual([]);
    const workspace = run.state[run.the("operationalinsights:Workspace").urn]?.id;
    for (const { inputs } of run.all("monitor:ScheduledQueryRule")) expect(inputs.scopes).toEqual([workspace]);
  });

  test("that miss something fire without a row, all others with one", () => {
    const conditions = run.all("monitor:ScheduledQueryRule").map(({ name, inputs }) => {
      const { allOf } = inputs.criteria as {
        allOf: { operator: string; threshold: number; timeAggregation: string }[];
      };
      return [
        name,
        ...allOf.map(({ timeAggregation, operator, threshold }) => `${timeAggregation} ${operator} ${threshold}`),
      ];
    });
    expect(conditions).toContainEqual(["no-traffic", "Count LessThan 1"]);
    expect(
      conditions
        .filter(([name]) => name !== "no-traffic")
        .every(([, condition]) => condition === "Count GreaterThan 0"),
    ).toBe(true);
  });
});

test("mails go to whoever is configured", () => {
  const { emailReceivers } = noisy.the("monitor:ActionGroup").inputs as {
    emailReceivers: { emailAddress: string; name: string }[];
  };
  expect(emailReceivers.map(({ emailAddress }) => emailAddress)).toEqual(["a@example.com", "b@example.com"]);
  expect(new Set(emailReceivers.map(({ name }) => name)).size).toBe(2);
});

test("what Azure announces is heard of, for the whole subscription", () => {
  expect(run.the("monitor:ActivityLogAlert").inputs).toMatchObject({
    enabled: true,
    scopes: [`/subscriptions/${id}`],
    condition: { allOf: [{ field: "category", equals: "ServiceHealth" }] },
  });
});

test("the month has a budget, told at 80 %, at 100 %, and when it will be passed; its month is not a change", () => {
  const { inputs, ignoreChanges } = run.the("consumption:Budget");
  expect(inputs).toMatchObject({
    amount: 500,
    timeGrain: "Monthly",
    timePeriod: { startDate: expect.stringMatching(/^\d{4}-\d{2}-01T00:00:00Z$/) },
  });
  const notices = Object.values(inputs.notifications as Record<string, { threshold: number; thresholdType: string }>);
  expect(notices.map(({ threshold, thresholdType }) => `${thresholdType} ${threshold}`)).toEqual(
    expect.arrayContaining(["Actual 80", "Actual 100", "Forecasted 100"]),
  );
  expect(ignoreChanges).toEqual(["timePeriod"]);
});

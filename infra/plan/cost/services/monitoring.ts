import { assumed } from "../assumptions.ts";
import { type Charge, chargesOf } from "../charge.ts";
import type { MeterKey } from "../meters.ts";
import { listAt, numberAt, ofType, type Planned, textAt, valueAt } from "../planned.ts";
import type { Stack } from "../stack.ts";
import { GB, MONTH_SECONDS, monthly } from "../units.ts";

const DAYS = MONTH_SECONDS / (24 * 3_600);
const FREE_DAYS = 31;

/** Mails, budgets, and what Azure itself announces cost nothing. Free grants are the subscription's, and left out. */
export function chargeMonitoring(stack: Stack): Charge[] {
  const { planned } = stack;
  return [
    ...ofType(planned, "operationalinsights:Workspace").flatMap((workspace) => {
      const gb = Math.min(logGb(stack) + appGb(stack), numberAt(workspace, "workspaceCapping.dailyQuotaGb") * DAYS);
      const months = Math.max(0, numberAt(workspace, "retentionInDays") - FREE_DAYS) / DAYS;
      return chargesOf(workspace, { logIngestion: gb, logRetention: gb * months });
    }),
    ...ofType(planned, "monitor:MetricAlert")
      .filter(isOn)
      .flatMap((rule) => chargesOf(rule, { metricAlert: seriesOf(rule) })),
    ...ofType(planned, "monitor:ScheduledQueryRule")
      .filter(isOn)
      .flatMap((rule) => chargesOf(rule, { [meterOf(rule)]: 1 })),
  ];
}

function isOn(rule: Planned): boolean {
  return valueAt(rule, "enabled") !== false;
}

/** What the app sends: the host samples it. */
function appGb({ planned, runs }: Stack): number {
  const shares = ofType(planned, "web:WebApp").flatMap((app) => listAt(app, "siteConfig.appSettings").map(shareIn));
  return (monthly(runs * assumed("telemetryBytes")) / GB) * Math.max(0, ...shares);
}

/** Of the one setting that says how much is kept at most. */
function shareIn({ name, value }: Readonly<Record<string, unknown>>): number {
  return String(name).endsWith("__maxSamplingPercentage") ? Number(value) / 100 : 0;
}

/** What the platform writes by the diagnostic settings: rows of logs, and of exported metrics. */
function logGb(stack: Stack): number {
  return ofType(stack.planned, "monitor:DiagnosticSetting").reduce((sum, setting) => {
    const rows = listAt(setting, "logs").reduce((all, { category }) => all + rowsOf(String(category), stack), 0);
    const metrics = listAt(setting, "metrics").length > 0 ? assumed("metricRowsPerMinute") / 60 : 0;
    return sum + monthly(rows * assumed("logRowBytes") + metrics * assumed("metricRowBytes")) / GB;
  }, 0);
}

/** In a second. Categories without a row here write of errors and of changes: little. */
function rowsOf(category: string, { flow, awake, runs }: Stack): number {
  const rows: Readonly<Record<string, number>> = {
    AuditEvent: awake * assumed("vaultOperations"),
    FrontDoorAccessLog: flow.requests,
    FrontDoorWebApplicationFirewallLog: flow.requests,
    DataPlaneRequests: flow.cosmosRequests,
    FunctionAppLogs: runs * 2,
  };
  return rows[category] ?? 0;
}

/** A criterion is a time series, and one for each value of its dimensions. */
function seriesOf(rule: Planned): number {
  return listAt(rule, "criteria.allOf").reduce((sum, { dimensions }) => {
    const counts = (Array.isArray(dimensions) ? dimensions : []).map(({ values }: { values: readonly string[] }) =>
      values.includes("*") ? assumed("containerSeries") : values.length,
    );
    return sum + counts.reduce((product, count) => product * count, 1);
  }, 0);
}

/** Rules are priced by how often they look; every 15 minutes is the cheapest. */
function meterOf(rule: Planned): MeterKey {
  return ["PT5M", "PT10M"].includes(textAt(rule, "evaluationFrequency")) ? "logAlert5" : "logAlert15";
}

import * as monitor from "@pulumi/azure-native/monitor/index.js";
import * as pulumi from "@pulumi/pulumi";
import { tagsOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";
import type { Alert, Criterion, MetricAlert } from "./alert.ts";
import { alertsOf } from "./alerts.ts";
import type { TargetIds } from "./targets.ts";

export interface AlertRulesArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly workspaceId: pulumi.Input<string>;
  readonly actionGroupId: pulumi.Input<string>;
  readonly targets: TargetIds;
}

/** A rule for each alert of the list. */
export class AlertRules extends pulumi.ComponentResource {
  constructor(name: string, args: AlertRulesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:monitoring:AlertRules", name, {}, opts);
    for (const alert of alertsOf(args.settings)) {
      if (alert.kind === "metric") new monitor.MetricAlert(alert.name, toMetricRule(alert, args), { parent: this });
      else new monitor.ScheduledQueryRule(alert.name, toQueryRule(alert, args), { parent: this });
    }
    this.registerOutputs();
  }
}

function toMetricRule(alert: MetricAlert, args: AlertRulesArgs): monitor.MetricAlertArgs {
  return {
    ...commonOf(alert, args),
    location: "global",
    scopes: [args.targets[alert.target]],
    actions: [{ actionGroupId: args.actionGroupId }],
    criteria: {
      odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
      allOf: alert.criteria.map((criterion, index) => toCriterion(criterion, index)),
    },
  };
}

function toCriterion({ metric, aggregation, operator, threshold, dimension }: Criterion, index: number) {
  const [name, ...values] = dimension ?? [];
  return {
    criterionType: "StaticThresholdCriterion" as const,
    name: `criterion-${index + 1}`,
    metricName: metric,
    timeAggregation: aggregation,
    operator,
    threshold,
    dimensions: name === undefined ? [] : [{ name, operator: "Include", values }],
  };
}

function toQueryRule(alert: Exclude<Alert, MetricAlert>, args: AlertRulesArgs): monitor.ScheduledQueryRuleArgs {
  const { settings, workspaceId, actionGroupId } = args;
  const { query, fires } = alert;
  return {
    ...commonOf(alert, args),
    location: settings.location,
    kind: "LogAlert",
    displayName: alert.name,
    scopes: [workspaceId],
    // In a new workspace a table is there only once something was written into it.
    skipQueryValidation: true,
    actions: { actionGroups: [actionGroupId] },
    criteria: {
      allOf: [
        {
          query,
          timeAggregation: "Count",
          ...(fires === "some" ? { operator: "GreaterThan", threshold: 0 } : { operator: "LessThan", threshold: 1 }),
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
        },
      ],
    },
  };
}

function commonOf(
  { name, severity, on, window, every, what, part }: Alert,
  { settings, resourceGroupName }: AlertRulesArgs,
) {
  return {
    resourceGroupName,
    tags: tagsOf(settings),
    ruleName: `${settings.name}-${settings.stack}-${name}`,
    description: `${what} What to do: ${settings.monitoring.runbook}#alerts-${part}`,
    severity,
    enabled: on,
    windowSize: window,
    evaluationFrequency: every,
    autoMitigate: true,
  };
}

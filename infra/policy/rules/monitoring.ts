import { findPublished, publishedMetrics } from "../../monitoring/published-metrics.ts";
import { UNKNOWN } from "../../plan/engine/values.ts";
import { between, equals, fits, is, matches, notTrue, oneOf } from "../conditions.ts";
import { isIdOf, leadsInto, ledTo, ofType, type Resource, textAt, valueAt, valuesAt } from "../resource.ts";
import type { Rule } from "../rule.ts";

const component = "applicationinsights:Component";
const workspace = "operationalinsights:Workspace";
const diagnostic = "monitor:DiagnosticSetting";
const metricAlert = "monitor:MetricAlert";
const queryAlert = "monitor:ScheduledQueryRule";
const alertTypes = [metricAlert, queryAlert];
const action = "monitor:ActionGroup";
/** Of each the logs that must not be missing. */
const logged = {
  "cdn:Profile": "FrontDoorHealthProbeLog",
  "keyvault:Vault": "AuditEvent",
  "cosmosdb:DatabaseAccount": "ControlPlaneRequests",
  "eventhub:Namespace": "OperationalLogs",
};

/** Of telemetry, logs and alerts. */
export const monitoring: readonly Rule[] = [
  {
    ids: ["Azure.AppInsights.LocalAuth"],
    type: component,
    property: "disableLocalAuth",
    verdict: "must",
    check: equals(true),
  },
  {
    ids: ["Azure.AppInsights.Workspace"],
    type: component,
    property: "",
    verdict: "must",
    check: fits(
      "a workspace of this stack",
      (_, { resource, world }) =>
        valueAt(resource, "ingestionMode") === "LogAnalytics" &&
        ledTo(world, valueAt(resource, "workspaceResourceId"), workspace).length > 0,
    ),
  },
  ...[component, workspace].flatMap((type) =>
    ["publicNetworkAccessForIngestion", "publicNetworkAccessForQuery"].map(
      (property): Rule => ({
        ids: [`headrace.monitoring.said-${property}:${type}`],
        type,
        property,
        verdict: "must",
        check: oneOf("Enabled", "Disabled"),
      }),
    ),
  ),
  ...[component, workspace].flatMap((type) =>
    ["publicNetworkAccessForIngestion", "publicNetworkAccessForQuery"].map(
      (property): Rule => ({
        ids: [`headrace.monitoring.${property}:${type}`],
        type,
        property,
        verdict: "no",
        check: equals("Disabled"),
        because:
          "these are addresses of Azure that take Entra tokens only; a private link scope would change names for the whole network",
      }),
    ),
  ),
  {
    ids: ["headrace.monitoring.addresses-masked"],
    type: component,
    property: "disableIpMasking",
    verdict: "must",
    check: notTrue,
  },
  {
    ids: ["Azure.AppInsights.Name"],
    type: component,
    property: "resourceName",
    verdict: "must",
    check: matches(/^[A-Za-z0-9_().-]{1,254}[A-Za-z0-9_()-]$/),
  },
  {
    ids: ["Azure.Log.Name"],
    type: workspace,
    property: "workspaceName",
    verdict: "must",
    check: matches(/^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/),
  },
  {
    ids: ["Azure.Log.Replication", "Azure.Log.ReplicaLocation"],
    type: workspace,
    property: "replication.enabled",
    verdict: "no",
    check: equals(true),
    because: "it comes with a second region: docs/adr",
  },
  {
    ids: ["headrace.monitoring.no-keys"],
    type: workspace,
    property: "features.disableLocalAuth",
    verdict: "must",
    check: equals(true),
  },
  {
    ids: ["headrace.monitoring.by-resource"],
    type: workspace,
    property: "features.enableLogAccessUsingOnlyResourcePermissions",
    verdict: "must",
    check: equals(true),
  },
  {
    ids: ["headrace.monitoring.cap"],
    type: workspace,
    property: "workspaceCapping.dailyQuotaGb",
    verdict: "must",
    check: between(0.023),
  },
  {
    ids: ["headrace.monitoring.kept"],
    type: workspace,
    property: "retentionInDays",
    verdict: "must",
    check: between(30, 730),
  },
  {
    ids: ["Azure.Alert.HighFrequencyQuery"],
    type: queryAlert,
    property: "evaluationFrequency",
    verdict: "must",
    check: matches(/^PT(5M|\d{2,}M|\d+H)$/, "every 5 minutes, or less often"),
  },
  ...alertTypes.flatMap((type): Rule[] => [
    {
      ids: [type === metricAlert ? "Azure.Alert.MetricAutoMitigate" : "headrace.alert.mitigates"],
      type,
      property: "autoMitigate",
      verdict: "must",
      check: equals(true),
    },
    { ids: [`headrace.alert.severity:${type}`], type, property: "severity", verdict: "must", check: between(0, 4) },
    {
      ids: [`headrace.alert.says-what-to-do:${type}`],
      type,
      property: "description",
      verdict: "must",
      check: matches(/ What to do: \S+#alerts-[a-z]+$/, "what is seen, and where the runbook says what to do"),
    },
    {
      ids: [`headrace.alert.somebody-hears:${type}`],
      type,
      property: "actions",
      verdict: "must",
      check: fits("an action group of this stack", (value, { world }) =>
        [...valuesAt(value, "[*].actionGroupId"), ...valuesAt(value, "actionGroups[*]")].some(
          ([, id]) => ledTo(world, id, action).length > 0,
        ),
      ),
    },
    {
      ids: [`headrace.alert.of-ours:${type}`],
      type,
      property: "scopes",
      verdict: "must",
      check: fits(
        "one resource of this stack",
        (value, { world }) =>
          Array.isArray(value) &&
          value.length === 1 &&
          world.resources.some((one) => isWatched(one.type) && leadsInto(value[0], one)),
      ),
    },
  ]),
  {
    ids: ["headrace.alert.metric-exists"],
    type: metricAlert,
    property: "criteria.allOf[*].metricName",
    verdict: "must",
    check: is("a metric that Microsoft publishes", (name) =>
      Object.keys(publishedMetrics).some(
        (target) => findPublished(target as keyof typeof publishedMetrics, String(name)) !== undefined,
      ),
    ),
  },
  {
    ids: ["headrace.alert.asks"],
    type: queryAlert,
    property: "criteria.allOf[*].query",
    verdict: "must",
    check: matches(/^[A-Za-z_]/, "a query"),
  },
  {
    ids: ["Azure.Monitor.ServiceHealth"],
    type: "monitor:ActivityLogAlert",
    property: "",
    verdict: "must",
    check: fits(
      "health of Azure's services in the whole subscription, told to an action group",
      (_, { resource, world }) =>
        resource.inputs.enabled === true &&
        JSON.stringify(valueAt(resource, "condition.allOf")) === '[{"equals":"ServiceHealth","field":"category"}]' &&
        valuesAt(resource.inputs, "scopes[*]").some(([, scope]) => /^\/subscriptions\/[^/]+$/.test(String(scope))) &&
        valuesAt(resource.inputs, "actions.actionGroups[*].actionGroupId").some(
          ([, id]) => ledTo(world, id, action).length > 0,
        ),
    ),
  },
  { ids: ["headrace.alert.group-on"], type: action, property: "enabled", verdict: "must", check: equals(true) },
  {
    ids: ["headrace.alert.group-mails"],
    type: action,
    property: "emailReceivers",
    verdict: "must",
    check: is("somebody's address", (value) => {
      const addresses = valuesAt(value, "[*].emailAddress");
      return addresses.length > 0 && addresses.every(([, address]) => /^[^@\s]+@[^@\s]+$/.test(String(address)));
    }),
  },
  {
    ids: ["CKV_AZURE_37", "CKV_AZURE_38", "AVD-AZU-0031", "AVD-AZU-0032", "AVD-AZU-0033"],
    type: "monitor:LogProfile",
    property: "retentionPolicy.days",
    verdict: "n/a",
    because: "the activity log is the subscription's, and no stack's: docs/deploy.md says how to keep it",
  },
  {
    ids: ["headrace.diagnostics.in-the-workspace"],
    type: diagnostic,
    property: "workspaceId",
    verdict: "must",
    check: fits("the workspace of this stack", (id, { world }) => ledTo(world, id, workspace).length > 0),
  },
  {
    ids: ["headrace.diagnostics.of-ours"],
    type: diagnostic,
    property: "resourceUri",
    verdict: "must",
    check: fits("a resource of this stack", (id, { world }) =>
      world.resources.some((one) => isWatched(one.type) && leadsInto(id, one)),
    ),
  },
  {
    ids: ["headrace.alert.of-azure"],
    type: action,
    property: "",
    verdict: "must",
    check: fits("that it hears of Azure's own troubles", (_, { resource, world }) =>
      ofType(world, "monitor:ActivityLogAlert").some((alert) =>
        valuesAt(alert.inputs, "actions.actionGroups[*].actionGroupId").some(([, id]) => isIdOf(id, resource)),
      ),
    ),
  },
  {
    ids: ["headrace.diagnostics.nowhere-else"],
    type: diagnostic,
    property: "",
    verdict: "must",
    check: is("nothing sent anywhere else", (value) =>
      ["storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId"].every(
        (path) => valuesAt(value, path)[0]?.[1] === undefined,
      ),
    ),
  },
  {
    ids: ["headrace.diagnostics.on"],
    type: diagnostic,
    property: "logs[*].enabled",
    verdict: "must",
    check: equals(true),
  },
  ...Object.entries(logged).map(
    ([type, category]): Rule => ({
      ids: [`headrace.diagnostics.of:${type}`],
      type,
      property: "",
      verdict: "must",
      check: fits(`${category} in the workspace`, (_, { resource, world }) =>
        ofType(world, diagnostic).some(
          (setting) =>
            isIdOf(valueAt(setting, "resourceUri"), resource) &&
            valuesAt(setting.inputs, "logs[*].category").some(([, one]) => one === category),
        ),
      ),
    }),
  ),
  {
    ids: ["headrace.diagnostics.deletions"],
    type: "storage:Queue",
    property: "",
    verdict: "must",
    check: fits("deletions of its account's blobs in the workspace", (_, { resource, world }) =>
      ofType(world, diagnostic).some(
        (setting) =>
          isBlobsOf(setting.inputs.resourceUri, resource) &&
          valuesAt(setting.inputs, "logs[*].category").some(([, one]) => one === "StorageDelete"),
      ),
    ),
  },
];

function isWatched(type: string): boolean {
  return /^azure-native:\w+:(Profile|Namespace|DatabaseAccount|Vault|StorageAccount|NatGateway|Workspace|WebApp)$/.test(
    type,
  );
}

function isBlobsOf(id: unknown, part: Resource): boolean {
  return id === UNKNOWN || String(id).endsWith(`/${textAt(part, "accountName")}/blobServices/default`);
}

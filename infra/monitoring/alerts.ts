import type { triggers } from "../../functions/triggers.ts";
import type { Settings } from "../config/settings.ts";
import type { Alert, Criterion, MetricAlert, QueryAlert } from "./alert.ts";
import { appAlerts } from "./app-alerts.ts";

/** Every alert, in one list: what the platform tells, and what the app will. The runbook has what to do about each. */
export function alertsOf(settings: Settings): Alert[] {
  return [
    ...ofTheEdge(settings),
    ...ofThePipeline(settings),
    ...ofTheStores,
    ...ofTheSecrets,
    ...ofTheTelemetry,
    ...appAlerts,
  ];
}

type Often = "window" | "every" | "on";
type Metric = Omit<MetricAlert, "kind" | Often> & Partial<Pick<MetricAlert, Often>>;
type Query = Omit<QueryAlert, "kind" | Often | "fires"> & Partial<Pick<QueryAlert, Often | "fires">>;

function metric(alert: Metric): MetricAlert {
  return { kind: "metric", on: true, window: "PT5M", every: "PT5M", ...alert };
}

function query(alert: Query): QueryAlert {
  return { kind: "query", on: true, window: "PT15M", every: "PT15M", fires: "some", ...alert };
}

/** More than so many in the window. */
function moreThan(
  threshold: number,
  name: string,
  aggregation: Criterion["aggregation"],
  dimension?: Criterion["dimension"],
): Criterion {
  return { metric: name, aggregation, operator: "GreaterThan", threshold, ...(dimension && { dimension }) };
}

function ofTheEdge({ privateLinkLocations, monitoring }: Settings): Alert[] {
  return [
    metric({
      name: "requests-fail",
      target: "frontDoor",
      severity: 1,
      what: "More than 5 % of the requests are answered with an error of ours, by the app or by Front Door.",
      part: "edge",
      criteria: [moreThan(5, "Percentage5XX", "Average"), moreThan(50, "RequestCount", "Total")],
    }),
    metric({
      name: "firewall-blocks",
      target: "frontDoor",
      severity: 3,
      what: "The firewall refused more than 1,000 requests within 15 minutes: an attack, or a sender over its limit.",
      part: "edge",
      window: "PT15M",
      criteria: [moreThan(1_000, "WebApplicationFirewallRequestCount", "Total", ["Action", "Block"])],
    }),
    // With one origin nobody probes, and this says nothing.
    metric({
      name: "origin-unhealthy",
      target: "frontDoor",
      severity: 1,
      what: "Front Door's probes of the app fail: an entry or the app is away.",
      part: "edge",
      on: privateLinkLocations.length > 1,
      criteria: [{ metric: "OriginHealthPercentage", aggregation: "Average", operator: "LessThan", threshold: 90 }],
    }),
    // Rows, since a metric alert is silent about a metric that is not there.
    query({
      name: "no-traffic",
      severity: 1,
      what: "Not one envelope came into the hub for half an hour.",
      part: "edge",
      on: monitoring.trafficExpected,
      window: "PT30M",
      every: "PT5M",
      query: 'AzureMetrics\n| where MetricName == "IncomingMessages" and Total > 0',
      fires: "none",
    }),
    metric({
      name: "way-out-exhausted",
      target: "natGateway",
      severity: 2,
      what: "Connections to the outside fail at the NAT gateway: its ports are used up.",
      part: "edge",
      criteria: [moreThan(10, "SNATConnectionCount", "Total", ["ConnectionState", "Failed"])],
    }),
  ];
}

function ofThePipeline({ app }: Settings): Alert[] {
  return [
    metric({
      name: "hub-throttled",
      target: "eventHubs",
      severity: 2,
      what: "Event Hubs throttles: senders get 503.",
      part: "pipeline",
      criteria: [moreThan(0, "ThrottledRequests", "Total")],
    }),
    metric({
      name: "hub-fails",
      target: "eventHubs",
      severity: 1,
      what: "Event Hubs answers with errors of its own.",
      part: "pipeline",
      criteria: [moreThan(10, "ServerErrors", "Total")],
    }),
    metric({
      name: "hub-over-quota",
      target: "eventHubs",
      severity: 1,
      what: "Event Hubs refuses for a quota: its storage, its connections or its size.",
      part: "pipeline",
      criteria: [moreThan(0, "QuotaExceededErrors", "Total")],
    }),
    metric({
      name: "hub-refuses",
      target: "eventHubs",
      severity: 3,
      what: "Event Hubs refuses what the app asks: a role is missing, or readers take partitions from each other.",
      part: "pipeline",
      window: "PT15M",
      criteria: [moreThan(100, "UserErrors", "Total")],
    }),
    query({
      name: "hub-backlog-grows",
      severity: 1,
      what: "For half an hour less is read from the hub than comes in: the dispatcher is behind, or stands.",
      part: "pipeline",
      window: "PT30M",
      every: "PT5M",
      query: [
        "AzureMetrics",
        '| where MetricName in ("IncomingMessages", "OutgoingMessages")',
        '| extend incoming = iff(MetricName == "IncomingMessages", Total, 0.0)',
        '| extend outgoing = iff(MetricName == "OutgoingMessages", Total, 0.0)',
        "| summarize incoming = sum(incoming), outgoing = sum(outgoing)",
        "| where incoming > 100 and outgoing < 0.9 * incoming",
      ].join("\n"),
    }),
    // Of all queues together and once an hour: which of them, and how old, only the app can tell.
    metric({
      name: "work-waits",
      target: "queues",
      severity: 2,
      what: "More than 10,000 work items wait in the queues.",
      part: "pipeline",
      window: "PT1H",
      every: "PT1H",
      criteria: [moreThan(10_000, "QueueMessageCount", "Average")],
    }),
    query({
      name: "function-fails",
      severity: 2,
      what: "Functions that no request started end in errors: the dispatcher, the persister or a timer.",
      part: "pipeline",
      query: [
        "AppRequests",
        "| where Success == false and isempty(Url)",
        "| summarize failed = sum(ItemCount) by Name",
        "| where failed > 10",
      ].join("\n"),
    }),
    // Timers of Flex Consumption have stood still for good while requests went on (azure-functions-host#11828).
    query({
      name: "timer-stands",
      severity: 2,
      what: "For a quarter of an hour the timer that rotates secrets did not run or did not get through.",
      part: "pipeline",
      query: runsOf("rotate-secrets"),
    }),
    query({
      name: "sweep-stands",
      severity: 3,
      what: "For two days no sweep of the ledger came to its end.",
      part: "pipeline",
      window: "P2D",
      every: "PT6H",
      query: runsOf("sweep-ledger"),
    }),
    // Past this, nothing is added however much waits.
    query({
      name: "instances-at-limit",
      severity: 2,
      what: `More than nine tenths of the ${app.maxInstances} instances that the app may have are in use.`,
      part: "pipeline",
      query: [
        "AppRequests",
        "| summarize instances = dcount(AppRoleInstance) by bin(TimeGenerated, 5m)",
        `| where instances > ${Math.floor(app.maxInstances * 0.9)}`,
      ].join("\n"),
    }),
  ];
}

/** Tells of a timer without any run. By lines of the log, since requests are sampled and those are not. */
function runsOf(timer: keyof typeof triggers.timer): string {
  return [
    "AppTraces",
    '| where Message has "a timer did its work"',
    '| extend timer = extract("\\"timer\\":\\"([a-z-]+)\\"", 1, Message)',
    `| summarize runs = countif(timer == "${timer}")`,
    "| where runs == 0",
  ].join("\n");
}

const ofTheStores: readonly Alert[] = [
  metric({
    name: "cosmos-throttled",
    target: "cosmos",
    severity: 2,
    what: "Cosmos DB answered more than 500 requests within 5 minutes with 429: its throughput is used up.",
    part: "stores",
    criteria: [moreThan(500, "TotalRequests", "Count", ["StatusCode", "429"])],
  }),
  metric({
    name: "cosmos-busy",
    target: "cosmos",
    severity: 3,
    what: "A container of Cosmos DB has used more than 90 % of its throughput for a quarter of an hour.",
    part: "stores",
    window: "PT15M",
    criteria: [moreThan(90, "NormalizedRUConsumption", "Average", ["CollectionName", "*"])],
  }),
  metric({
    name: "cosmos-fails",
    target: "cosmos",
    severity: 1,
    what: "Cosmos DB answers with errors of its own.",
    part: "stores",
    criteria: [moreThan(50, "TotalRequests", "Count", ["StatusCode", "408", "500", "503"])],
  }),
  metric({
    name: "cosmos-refuses",
    target: "cosmos",
    severity: 1,
    what: "Cosmos DB refuses the app: its role is missing, or the way to it is not the private one.",
    part: "stores",
    criteria: [moreThan(10, "TotalRequests", "Count", ["StatusCode", "401", "403"])],
  }),
  metric({
    name: "storage-throttled",
    target: "storage",
    severity: 2,
    what: "Storage throttles or is busy: the queue is at its limit.",
    part: "stores",
    criteria: [
      moreThan(50, "Transactions", "Total", [
        "ResponseType",
        "ClientThrottlingError",
        "ClientAccountRequestThrottlingError",
        "ClientAccountBandwidthThrottlingError",
        "ServerBusyError",
        "ServerTimeoutError",
      ]),
    ],
  }),
];

const ofTheSecrets: readonly Alert[] = [
  metric({
    name: "vault-fails",
    target: "keyVault",
    severity: 2,
    what: "Key Vault throttles, or answers with errors of its own.",
    part: "secrets",
    window: "PT15M",
    criteria: [moreThan(10, "ServiceApiResult", "Count", ["StatusCode", "429", "500", "503"])],
  }),
  metric({
    name: "vault-refuses",
    target: "keyVault",
    severity: 2,
    what: "Key Vault refuses: a role is missing, or someone tries who has none.",
    part: "secrets",
    window: "PT15M",
    criteria: [moreThan(5, "ServiceApiResult", "Count", ["StatusCode", "403"])],
  }),
  // Written whether anybody listens or not, 30 days before (articles/key-vault/general/logging.md, 2025-04). In
  // either kind of table.
  query({
    name: "secret-near-its-end",
    severity: 2,
    what: "A secret expires within 30 days, or has expired: an identity provider's client secret, most likely.",
    part: "secrets",
    window: "PT1H",
    every: "PT1H",
    query: [
      "union isfuzzy=true AZKVAuditLogs, AzureDiagnostics",
      '| where OperationName in ("SecretNearExpiryEventGridNotification", "SecretExpiredEventGridNotification")',
    ].join("\n"),
  }),
];

const ofTheTelemetry: readonly Alert[] = [
  // articles/azure-monitor/logs/daily-cap.md
  query({
    name: "telemetry-capped",
    severity: 2,
    what: "The day's cap of telemetry is reached: until its end nothing is written, and alerts on logs are blind.",
    part: "telemetry",
    query: '_LogOperation\n| where Category =~ "Ingestion" and Detail contains "OverQuota"',
  }),
];

import type { Target } from "./targets.ts";

type Aggregation = "Average" | "Minimum" | "Maximum" | "Total" | "Count";

interface PublishedMetric {
  readonly aggregations: readonly Aggregation[];
  readonly dimensions: readonly string[];
  /** The shortest time that a value stands for. */
  readonly grain: "PT1M" | "PT1H";
}

function metric(aggregations: Aggregation | Aggregation[], dimensions = "", grain: PublishedMetric["grain"] = "PT1M") {
  return {
    aggregations: [aggregations].flat(),
    dimensions: dimensions === "" ? [] : dimensions.split(" "),
    grain,
  } satisfies PublishedMetric;
}

/**
 * Those metrics that we use, as Microsoft publishes them: MicrosoftDocs/azure-monitor-docs,
 * articles/azure-monitor/reference/supported-metrics, a page for each resource type; with the page's date. The
 * aggregations are those that the page lists.
 */
export const publishedMetrics = {
  // microsoft-cdn-profiles-metrics.md, 2025-04-16
  frontDoor: {
    OriginHealthPercentage: metric("Average", "Origin OriginGroup"),
    Percentage5XX: metric("Average", "Endpoint ClientRegion ClientCountry"),
    RequestCount: metric("Total", "HttpStatus HttpStatusGroup ClientRegion ClientCountry Endpoint"),
    WebApplicationFirewallRequestCount: metric("Total", "PolicyName RuleName Action"),
  },
  // microsoft-eventhub-namespaces-metrics.md, 2026-07-13
  eventHubs: {
    IncomingMessages: metric("Total", "EntityName"),
    OutgoingMessages: metric("Total", "EntityName"),
    QuotaExceededErrors: metric("Total", "EntityName OperationResult"),
    ServerErrors: metric("Total", "EntityName OperationResult"),
    ThrottledRequests: metric("Total", "EntityName OperationResult"),
    UserErrors: metric("Total", "EntityName OperationResult"),
  },
  // microsoft-documentdb-databaseaccounts-metrics.md, its table of 2024-08-08
  cosmos: {
    NormalizedRUConsumption: metric(
      ["Maximum", "Average"],
      "CollectionName DatabaseName Region PartitionKeyRangeId CollectionRid PhysicalPartitionId OfferOwnerRid",
    ),
    TotalRequests: metric(
      "Count",
      "DatabaseName CollectionName Region StatusCode OperationType Status CapacityType PriorityLevel ConnectionMode",
    ),
  },
  // microsoft-keyvault-vaults-metrics.md, 2026-07-13
  keyVault: { ServiceApiResult: metric("Count", "ActivityType ActivityName StatusCode StatusCodeClass") },
  // microsoft-storage-storageaccounts-metrics.md, 2025-04-16
  storage: { Transactions: metric("Total", "ResponseType GeoType ApiName Authentication TransactionType") },
  // microsoft-storage-storageaccounts-queueservices-metrics.md: of all queues together, once an hour
  queues: { QueueMessageCount: metric("Average", "", "PT1H") },
  // microsoft-network-natgateways-metrics.md
  natGateway: { SNATConnectionCount: metric("Total", "Protocol ConnectionState") },
} as const satisfies Partial<Record<Target, Record<string, PublishedMetric>>>;

/** Undefined where Microsoft's list does not have it. */
export function findPublished(target: Target, name: string): PublishedMetric | undefined {
  const metrics: Readonly<Record<string, Readonly<Record<string, PublishedMetric>>>> = publishedMetrics;
  return metrics[target]?.[name];
}

import type { CostLine } from "../cost/cost.ts";

/** What a reader looks for, by the type that is billed. */
const labels: Readonly<Record<string, string>> = {
  "cdn:Profile": "Front Door",
  "frontdoor:Policy": "its firewall",
  "web:WebApp": "Functions",
  "eventhub:Namespace": "Event Hubs",
  "cosmosdb:SqlResourceSqlContainer": "Cosmos DB, throughput",
  "cosmosdb:SqlResourceSqlDatabase": "Cosmos DB, throughput",
  "cosmosdb:DatabaseAccount": "Cosmos DB, a month's data",
  "storage:StorageAccount": "Storage",
  "keyvault:Vault": "Key Vault",
  "network:PrivateEndpoint": "private endpoints",
  "privatedns:PrivateZone": "private DNS zones",
  "network:NatGateway": "way out",
  "network:PublicIPAddress": "way out",
  "operationalinsights:Workspace": "logs and telemetry",
  "monitor:MetricAlert": "alerts",
  "monitor:ScheduledQueryRule": "alerts",
};

export const rowLabels = [...new Set(Object.values(labels))];

/** Dollars a month by label. Throws an Error for a type that has none. */
export function byLabel(lines: readonly CostLine[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { resource, monthly } of lines) {
    const [type = ""] = resource.split(" ");
    const label = labels[type];
    if (label === undefined) throw new Error(`infra/plan/pages/cost-rows.ts has no row for ${type}`);
    sums.set(label, (sums.get(label) ?? 0) + monthly);
  }
  return sums;
}

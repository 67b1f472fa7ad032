import type { Planned } from "./planned.ts";

/** Types that some service here charges. */
const billed = [
  "cdn:Profile",
  "cosmosdb:DatabaseAccount",
  "cosmosdb:SqlResourceSqlContainer",
  "cosmosdb:SqlResourceSqlDatabase",
  "eventhub:Namespace",
  "frontdoor:Policy",
  "keyvault:Vault",
  "monitor:MetricAlert",
  "monitor:ScheduledQueryRule",
  "network:NatGateway",
  "network:PrivateEndpoint",
  "network:PublicIPAddress",
  "operationalinsights:Workspace",
  "privatedns:PrivateZone",
  "storage:StorageAccount",
  "web:WebApp",
];

/** Types without a meter: what they cause is billed with those above. */
const free = [
  "applicationinsights:Component",
  "authorization:ManagementLockByScope",
  "authorization:RoleAssignment",
  "cdn:AFDCustomDomain",
  "cdn:AFDEndpoint",
  "cdn:AFDOrigin",
  "cdn:AFDOriginGroup",
  "cdn:Route",
  "cdn:SecurityPolicy",
  "consumption:Budget",
  "cosmosdb:SqlResourceSqlRoleAssignment",
  "eventhub:ConsumerGroup",
  "eventhub:EventHub",
  "eventhub:NamespaceNetworkRuleSet",
  "managedidentity:UserAssignedIdentity",
  "monitor:ActionGroup",
  "monitor:ActivityLogAlert",
  "monitor:DiagnosticSetting",
  "network:NetworkSecurityGroup",
  "network:PrivateDnsZoneGroup",
  "network:VirtualNetwork",
  "privatedns:VirtualNetworkLink",
  "resources:ResourceGroup",
  "storage:BlobContainer",
  "storage:BlobServiceProperties",
  "storage:ManagementPolicy",
  "storage:Queue",
  "web:AppServicePlan",
  "web:WebAppFtpAllowed",
  "web:WebAppScmAllowed",
];

const known = new Set([...billed, ...free].map((type) => `azure-native:${type}`));

/** Throws an Error for a type that nothing here knows the price of: a bill that leaves it out would be wrong. */
export function requireKnown(planned: readonly Planned[]): void {
  const unknown = planned.find(({ type }) => type.startsWith("azure-native:") && !known.has(type));
  if (unknown)
    throw new Error(`infra/plan/cost/billing.ts does not know what ${unknown.type} costs: write it there, and its meter`);
}

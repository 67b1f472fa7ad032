/** Types whose resources take tags. */
export const taggable = [
  "resources:ResourceGroup",
  "applicationinsights:Component",
  "cdn:AFDEndpoint",
  "cdn:Profile",
  "cosmosdb:DatabaseAccount",
  "eventhub:Namespace",
  "frontdoor:Policy",
  "keyvault:Vault",
  "managedidentity:UserAssignedIdentity",
  "monitor:ActionGroup",
  "monitor:ActivityLogAlert",
  "monitor:MetricAlert",
  "monitor:ScheduledQueryRule",
  "network:NatGateway",
  "network:NetworkSecurityGroup",
  "network:PrivateEndpoint",
  "network:PublicIPAddress",
  "network:VirtualNetwork",
  "operationalinsights:Workspace",
  "privatedns:PrivateZone",
  "privatedns:VirtualNetworkLink",
  "storage:StorageAccount",
  "web:AppServicePlan",
  "web:WebApp",
] as const;

/** Types that take none, as parts of others. */
export const tagless = [
  "authorization:ManagementLockByScope",
  "authorization:RoleAssignment",
  "cdn:AFDCustomDomain",
  "cdn:AFDOrigin",
  "cdn:AFDOriginGroup",
  "cdn:Route",
  "cdn:SecurityPolicy",
  "consumption:Budget",
  "cosmosdb:SqlResourceSqlContainer",
  "cosmosdb:SqlResourceSqlDatabase",
  "cosmosdb:SqlResourceSqlRoleAssignment",
  "eventhub:ConsumerGroup",
  "eventhub:EventHub",
  "eventhub:NamespaceNetworkRuleSet",
  "monitor:DiagnosticSetting",
  "network:PrivateDnsZoneGroup",
  "storage:BlobContainer",
  "storage:BlobServiceProperties",
  "storage:ManagementPolicy",
  "storage:Queue",
  "web:WebAppFtpAllowed",
  "web:WebAppScmAllowed",
] as const;

/** Those of the taggable that ARM wants at `global`. */
const global: readonly string[] = [
  "cdn:AFDEndpoint",
  "cdn:Profile",
  "frontdoor:Policy",
  "monitor:ActionGroup",
  "monitor:ActivityLogAlert",
  "monitor:MetricAlert",
  "privatedns:PrivateZone",
  "privatedns:VirtualNetworkLink",
];

/** Types that have a location, and whether it is `global`. */
export const inRegion: Readonly<Record<string, boolean>> = Object.fromEntries(
  taggable.map((type) => [type, global.includes(type)]),
);

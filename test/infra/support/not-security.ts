import type { Mutation } from "./mutations.ts";

export interface Harmless {
  /** `web:WebApp`; `*`: all. */
  readonly type: string;
  /** Of the whole path, indices written as `[*]`. */
  readonly paths: RegExp;
  /** Of what it turns into; without it whatever it turns into. */
  readonly into?: RegExp;
  readonly because: string;
}

/**
 * Properties whose change lets nobody in and loses nothing that was to be kept. An entry that no surviving mutation
 * needs has to go.
 */
export const harmless: readonly Harmless[] = [
  {
    type: "*",
    paths:
      /^(notes|description|displayName|lockName|requestSource|flowType|ruleName|routeName|originName|securityPolicyName)$/,
    because: "a name or a text for people",
  },
  {
    type: "*",
    paths:
      /^(customNetworkInterfaceName|privateDnsZoneGroupName|privateDnsZoneConfigs\[\*\]\.name|virtualNetworkLinkName|privateLinkServiceConnections\[\*\]\.name|subnets\[\*\]\.delegations\[\*\]\.name)$/,
    because: "a name that nothing else refers to",
  },
  {
    type: "applicationinsights:Component",
    paths: /^(applicationType|kind|samplingPercentage)$/,
    because: "what telemetry looks like, and how much",
  },
  {
    type: "applicationinsights:Component",
    paths: /^disableIpMasking$/,
    into: /is gone$/,
    because: "Azure masks by default",
  },
  {
    type: "applicationinsights:Component",
    paths: /^publicNetworkAccess/,
    into: /"Disabled"$/,
    because: "it is stricter",
  },
  {
    type: "operationalinsights:Workspace",
    paths: /^publicNetworkAccess/,
    into: /"Disabled"$/,
    because: "it is stricter",
  },
  { type: "operationalinsights:Workspace", paths: /^(sku|sku\.name)$/, because: "how it is paid" },
  {
    type: "operationalinsights:Workspace",
    paths: /^(retentionInDays|workspaceCapping\.dailyQuotaGb)$/,
    because: "a little more is kept",
  },
  { type: "cdn:AFDEndpoint", paths: /^enabledState$/, because: "off, it lets nobody in" },
  { type: "cdn:Route", paths: /^enabledState$/, because: "off, it lets nobody in" },
  {
    type: "cdn:AFDOrigin",
    paths: /^(enabledState|priority|weight)$/,
    because: "which of the origins is used: all are the app, by private link",
  },
  {
    type: "cdn:AFDOrigin",
    paths: /^(httpPort|httpsPort)$/,
    because: "the route goes by HTTPS, and the app answers at 443 alone",
  },
  {
    type: "cdn:AFDOriginGroup",
    paths: /^(healthProbeSettings\.probeIntervalInSeconds|loadBalancingSettings\..*)$/,
    because: "how soon a dead origin is noticed",
  },
  {
    type: "cosmosdb:DatabaseAccount",
    paths: /^(createMode|databaseAccountOfferType|kind|locations\[\*\]\.failoverPriority)$/,
    because: "what kind of account it is: another is refused, or is none of ours",
  },
  {
    type: "cosmosdb:DatabaseAccount",
    paths: /^(enablePerRegionPerPartitionAutoscale|enableAnalyticalStorage)$/,
    because: "how it is paid",
  },
  {
    type: "cosmosdb:DatabaseAccount",
    paths: /^isVirtualNetworkFilterEnabled$/,
    because: "the account has no public address that a filter would be for",
  },
  { type: "cosmosdb:SqlResourceSqlContainer", paths: /^options/, because: "throughput" },
  {
    type: "cosmosdb:SqlResourceSqlDatabase",
    paths: /^(options.*|resource|resource\.id)$/,
    because: "throughput, and the name said twice",
  },
  {
    type: "eventhub:EventHub",
    paths:
      /^captureDescription\.(destination\.(archiveNameFormat|name)|encoding|intervalInSeconds|sizeLimitInBytes|skipEmptyArchives)$/,
    because: "what captured files look like",
  },
  {
    type: "eventhub:EventHub",
    paths: /^(partitionCount|retentionDescription\.retentionTimeInHours)$/,
    into: /becomes [1-9]/,
    because: "one more",
  },
  {
    type: "eventhub:Namespace",
    paths: /^(isAutoInflateEnabled|maximumThroughputUnits|sku\.capacity)$/,
    because: "throughput",
  },
  {
    type: "frontdoor:Policy",
    paths: /^customRules\.rules\[\*\]\.rateLimitThreshold$/,
    into: /becomes [1-9]/,
    because: "the limit is configuration",
  },
  {
    type: "frontdoor:Policy",
    paths: /^policySettings\.customBlockResponseBody$/,
    into: /x"$|…$/,
    because: "base64 is read up to where it ends",
  },
  { type: "keyvault:Vault", paths: /^properties\.sku/, because: "keys in hardware are not used" },
  {
    type: "network:NatGateway",
    paths: /^(idleTimeoutInMinutes|sku|sku\.name)$/,
    because: "how the way out is paid, and how long it waits",
  },
  {
    type: "network:PublicIPAddress",
    paths: /^(idleTimeoutInMinutes|publicIPAddressVersion|publicIPAllocationMethod|sku\.tier|zones\[\*\])$/,
    because: "what kind of address others see: it takes nobody in",
  },
  {
    type: "network:NetworkSecurityGroup",
    paths: /^securityRules\[\*\]\.(name|description|priority|sourcePortRange)$/,
    because: "texts, the order of rules that leaves denials last, and the caller's own port",
  },
  {
    type: "network:NetworkSecurityGroup",
    paths: /^securityRules\[\*\](\.sourceAddressPrefixes\[\*\])?$/,
    because: "who comes in by our own endpoint is configuration; fewer, or none that Azure would take",
  },
  {
    type: "network:PrivateEndpoint",
    paths: /^subnet\.privateLinkServiceNetworkPolicies$/,
    because: "azure-native writes it; the network says it of the subnet",
  },
  {
    type: "network:VirtualNetwork",
    paths: /^(addressSpace\.addressPrefixes\[\*\]|enableDdosProtection|enableVmProtection)$/,
    because: "private addresses; protection of machines and public addresses that it has not",
  },
  {
    type: "network:VirtualNetwork",
    paths: /^subnets\[\*\]\.privateEndpointNetworkPolicies$/,
    because: "of the app's subnet, which has no endpoints",
  },
  { type: "resources:ResourceGroup", paths: /^tags\.\w+$/, into: /is gone$/, because: "a tag of the configuration" },
  {
    type: "storage:BlobContainer",
    paths: /^containerName$/,
    because: "the host makes its own again; the product's are asked for by name",
  },
  { type: "storage:BlobServiceProperties", paths: /RetentionPolicy\.days$/, because: "a day more" },
  {
    type: "storage:ManagementPolicy",
    paths: /^(managementPolicyName|policy|policy\.rules.*)$/,
    because: "how long copies in captured files are kept",
  },
  {
    type: "storage:StorageAccount",
    paths: /^(accessTier|isHnsEnabled|kind|encryption\.services.*)$/,
    because: "how it is paid and laid out; Azure encrypts all of it whatever is said",
  },
  { type: "storage:StorageAccount", paths: /^networkRuleSet\.ipRules(\[\*\])?$/, because: "fewer may upload bundles" },
  {
    type: "storage:StorageAccount",
    paths: /^publicNetworkAccess$/,
    because: "of the account of bundles: it is stricter",
  },
  { type: "web:AppServicePlan", paths: /^(kind|reserved|sku\.tier)$/, because: "another is refused" },
  {
    type: "web:WebApp",
    paths: /^(hyperV|isXenon|kind|scmSiteAlsoStopped)$/,
    because: "azure-native writes it, or another is refused",
  },
  { type: "web:WebApp", paths: /^clientCertEnabled$/, because: "CKV_AZURE_17 stands in the table with its reason" },
  { type: "web:WebApp", paths: /^functionAppConfig\.scaleAndConcurrency\./, because: "size" },
  {
    type: "web:WebApp",
    paths: /^siteConfig\.appSettings\[\*\]$/,
    because: "a setting of the configuration: the app has a default",
  },
  { type: "consumption:Budget", paths: /./, because: "it mails, and stops nothing" },
  {
    type: "monitor:ActionGroup",
    paths: /^(groupShortName|emailReceivers\[\*\]\.\w+)$/,
    because: "how a mail looks, and to whom of those configured",
  },
  {
    type: "monitor:ActivityLogAlert",
    paths: /^(activityLogAlertName|scopes\[\*\])$/,
    because: "a name; a subscription that is none is refused",
  },
  {
    type: "monitor:DiagnosticSetting",
    paths: /^(name|logAnalyticsDestinationType|metrics.*|logs|logs\[\*\](\.category)?)$/,
    because: "rows that no rule asks for",
  },
  {
    type: "monitor:MetricAlert",
    paths: /^(criteria.*|enabled|evaluationFrequency|windowSize|severity|scopes\[\*\])$/,
    because: "when it fires: test/infra/monitoring/alerts.test.ts has the list",
  },
  {
    type: "monitor:ScheduledQueryRule",
    paths: /^(criteria.*|enabled|kind|evaluationFrequency|windowSize|severity|skipQueryValidation)$/,
    because: "when it fires: test/infra/monitoring/alerts.test.ts has the list",
  },
];

/** Whole resources that nobody would come in without. */
export const dispensable: readonly Harmless[] = [
  { type: "monitor:MetricAlert", paths: /^$/, because: "test/infra/monitoring/alerts.test.ts has the list" },
  { type: "monitor:ScheduledQueryRule", paths: /^$/, because: "test/infra/monitoring/alerts.test.ts has the list" },
  { type: "monitor:DiagnosticSetting", paths: /^$/, because: "the app's own lines, which Application Insights has" },
  { type: "consumption:Budget", paths: /^$/, because: "it mails, and stops nothing" },
  {
    type: "storage:BlobContainer",
    paths: /^$/,
    because: "the host makes its own containers; without that of bundles nothing is published",
  },
  { type: "storage:ManagementPolicy", paths: /^$/, because: "captured files stay" },
];

export function isOf({ type, paths, into }: Harmless, mutation: Mutation): boolean {
  const isType = type === "*" || mutation.type === `azure-native:${type}`;
  return isType && paths.test(mutation.path.replaceAll(/\[\d+\]/g, "[*]")) && (into?.test(mutation.what) ?? true);
}

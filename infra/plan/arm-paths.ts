/**
 * Where ARM keeps a resource, by azure-native's type: its id without the resource group's part, with azure-native's
 * names for what stands in braces. A type that is used needs a row here.
 */
const paths: Readonly<Record<string, string>> = {
  "applicationinsights:Component": "Microsoft.Insights/components/{resourceName}",
  "authorization:ManagementLockByScope": "{scope}/providers/Microsoft.Authorization/locks/{lockName}",
  "authorization:RoleAssignment": "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
  "authorization:RoleDefinition": "{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}",
  "cdn:AFDCustomDomain": "Microsoft.Cdn/profiles/{profileName}/customDomains/{customDomainName}",
  "cdn:AFDEndpoint": "Microsoft.Cdn/profiles/{profileName}/afdEndpoints/{endpointName}",
  "cdn:AFDOrigin": "Microsoft.Cdn/profiles/{profileName}/originGroups/{originGroupName}/origins/{originName}",
  "cdn:AFDOriginGroup": "Microsoft.Cdn/profiles/{profileName}/originGroups/{originGroupName}",
  "cdn:Profile": "Microsoft.Cdn/profiles/{profileName}",
  "cdn:Route": "Microsoft.Cdn/profiles/{profileName}/afdEndpoints/{endpointName}/routes/{routeName}",
  "cdn:Rule": "Microsoft.Cdn/profiles/{profileName}/ruleSets/{ruleSetName}/rules/{ruleName}",
  "cdn:RuleSet": "Microsoft.Cdn/profiles/{profileName}/ruleSets/{ruleSetName}",
  "cdn:SecurityPolicy": "Microsoft.Cdn/profiles/{profileName}/securityPolicies/{securityPolicyName}",
  "consumption:Budget": "{scope}/providers/Microsoft.Consumption/budgets/{budgetName}",
  "cosmosdb:DatabaseAccount": "Microsoft.DocumentDB/databaseAccounts/{accountName}",
  "cosmosdb:SqlResourceSqlContainer":
    "Microsoft.DocumentDB/databaseAccounts/{accountName}/sqlDatabases/{databaseName}/containers/{containerName}",
  "cosmosdb:SqlResourceSqlDatabase": "Microsoft.DocumentDB/databaseAccounts/{accountName}/sqlDatabases/{databaseName}",
  "cosmosdb:SqlResourceSqlRoleAssignment":
    "Microsoft.DocumentDB/databaseAccounts/{accountName}/sqlRoleAssignments/{roleAssignmentId}",
  "cosmosdb:SqlResourceSqlRoleDefinition":
    "Microsoft.DocumentDB/databaseAccounts/{accountName}/sqlRoleDefinitions/{roleDefinitionId}",
  "eventhub:ConsumerGroup":
    "Microsoft.EventHub/namespaces/{namespaceName}/eventhubs/{eventHubName}/consumergroups/{consumerGroupName}",
  "eventhub:EventHub": "Microsoft.EventHub/namespaces/{namespaceName}/eventhubs/{eventHubName}",
  "eventhub:Namespace": "Microsoft.EventHub/namespaces/{namespaceName}",
  "eventhub:NamespaceNetworkRuleSet": "Microsoft.EventHub/namespaces/{namespaceName}/networkRuleSets/default",
  "frontdoor:Policy": "Microsoft.Network/FrontDoorWebApplicationFirewallPolicies/{policyName}",
  "keyvault:Vault": "Microsoft.KeyVault/vaults/{vaultName}",
  "managedidentity:FederatedIdentityCredential":
    "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}",
  "managedidentity:UserAssignedIdentity": "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}",
  "monitor:ActionGroup": "Microsoft.Insights/actionGroups/{actionGroupName}",
  "monitor:ActivityLogAlert": "Microsoft.Insights/activityLogAlerts/{activityLogAlertName}",
  "monitor:DiagnosticSetting": "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
  "monitor:MetricAlert": "Microsoft.Insights/metricAlerts/{ruleName}",
  "monitor:PrivateLinkScope": "microsoft.insights/privateLinkScopes/{scopeName}",
  "monitor:PrivateLinkScopedResource": "microsoft.insights/privateLinkScopes/{scopeName}/scopedResources/{name}",
  "monitor:ScheduledQueryRule": "Microsoft.Insights/scheduledQueryRules/{ruleName}",
  "network:NatGateway": "Microsoft.Network/natGateways/{natGatewayName}",
  "network:NetworkSecurityGroup": "Microsoft.Network/networkSecurityGroups/{networkSecurityGroupName}",
  "network:PrivateDnsZoneGroup":
    "Microsoft.Network/privateEndpoints/{privateEndpointName}/privateDnsZoneGroups/{privateDnsZoneGroupName}",
  "network:PrivateEndpoint": "Microsoft.Network/privateEndpoints/{privateEndpointName}",
  "network:PublicIPAddress": "Microsoft.Network/publicIPAddresses/{publicIpAddressName}",
  "network:VirtualNetwork": "Microsoft.Network/virtualNetworks/{virtualNetworkName}",
  "operationalinsights:Table": "Microsoft.OperationalInsights/workspaces/{workspaceName}/tables/{tableName}",
  "operationalinsights:Workspace": "Microsoft.OperationalInsights/workspaces/{workspaceName}",
  "portal:Dashboard": "Microsoft.Portal/dashboards/{dashboardName}",
  "privatedns:PrivateZone": "Microsoft.Network/privateDnsZones/{privateZoneName}",
  "privatedns:VirtualNetworkLink":
    "Microsoft.Network/privateDnsZones/{privateZoneName}/virtualNetworkLinks/{virtualNetworkLinkName}",
  "resources:Deployment": "Microsoft.Resources/deployments/{deploymentName}",
  "resources:ResourceGroup": "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}",
  "storage:BlobContainer":
    "Microsoft.Storage/storageAccounts/{accountName}/blobServices/default/containers/{containerName}",
  "storage:BlobServiceProperties": "Microsoft.Storage/storageAccounts/{accountName}/blobServices/{blobServicesName}",
  "storage:ManagementPolicy":
    "Microsoft.Storage/storageAccounts/{accountName}/managementPolicies/{managementPolicyName}",
  "storage:Queue": "Microsoft.Storage/storageAccounts/{accountName}/queueServices/default/queues/{queueName}",
  "storage:StorageAccount": "Microsoft.Storage/storageAccounts/{accountName}",
  "web:AppServicePlan": "Microsoft.Web/serverfarms/{name}",
  "web:WebApp": "Microsoft.Web/sites/{name}",
  "web:WebAppApplicationSettings": "Microsoft.Web/sites/{name}/config/appsettings",
  "web:WebAppFtpAllowed": "Microsoft.Web/sites/{name}/basicPublishingCredentialsPolicies/ftp",
  "web:WebAppScmAllowed": "Microsoft.Web/sites/{name}/basicPublishingCredentialsPolicies/scm",
};

const PROVIDER = "azure-native:";

export interface ArmPath {
  /** `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Web/sites/{name}` */
  readonly template: string;
  /** ARM's type: `Microsoft.Web/sites`. */
  readonly type: string;
  /** What the path is made of; none of it is in the resource's body. */
  readonly parameters: readonly string[];
  /** The parameter that is the resource's own name; undefined where the name is fixed. */
  readonly nameParameter: string | undefined;
}

/** Throws an Error for a type without a row. */
export function armPathOf(token: string): ArmPath {
  const path = paths[token.replace(PROVIDER, "")];
  if (path === undefined) throw new Error(`infra/plan/arm-paths.ts has no row for ${token}: write where ARM keeps it`);
  const absolute = path.startsWith("/") || path.startsWith("{");
  const template = absolute
    ? path
    : `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/${path}`;
  const [, nameParameter] = /\{(\w+)\}$/.exec(template) ?? [];
  return { template, type: typeOf(path), parameters: parametersOf(template), nameParameter };
}

function parametersOf(template: string): string[] {
  return [...template.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []);
}

function typeOf(path: string): string {
  if (path.startsWith("/subscriptions")) return "Microsoft.Resources/resourceGroups";
  const [namespace, ...segments] = path.replace(/^.*\/providers\//, "").split("/");
  return [namespace, ...segments.filter((_, index) => index % 2 === 0)].join("/");
}

import type { Flip } from "./mutations.ts";

/** What stands for less, or for more people, where Azure takes one word of several. */
const weakerWords: Readonly<Record<string, readonly unknown[]>> = {
  "1.2": ["1.0"],
  AAD: [""],
  AuditEvent: ["AzurePolicyEvaluationDetails"],
  AzureLoadBalancer: ["*", "Internet"],
  Block: ["Log", "Allow"],
  Continuous: ["Periodic"],
  Deny: ["Allow"],
  Disabled: ["Enabled"],
  Enabled: ["Disabled"],
  Https: ["Http"],
  HttpsOnly: ["MatchRequest", "HttpOnly"],
  Inbound: ["Outbound"],
  LogAnalytics: ["ApplicationInsights"],
  ManagedCertificate: ["CustomerCertificate"],
  NetworkSecurityGroupEnabled: ["Disabled"],
  None: ["AzureServices", "Blob", "Container"],
  Outbound: ["Inbound"],
  POST: ["GET"],
  Premium_AzureFrontDoor: ["Standard_AzureFrontDoor"],
  Prevention: ["Detection"],
  ServiceHealth: ["Administrative"],
  ServicePrincipal: ["User"],
  Session: ["Eventual"],
  Standard: ["Basic"],
  Standard_ZRS: ["Standard_LRS"],
  TLS12: ["TLS10"],
  TLS1_2: ["TLS1_0"],
  Tcp: ["Udp", "*"],
  TenantReuse: [undefined],
  Tls12: ["Tls"],
  UserAssigned: ["None", "SystemAssigned"],
  UserAssignedIdentity: ["StorageAccountConnectionString"],
};

const OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const group = (id: string) => id.replace(/\/providers\/.*$/, "");
const subscription = (id: string) => group(id).replace(/\/resourceGroups\/.*$/, "");

/** The same by what a property is called, with or without an index. */
const byName: readonly (readonly [name: RegExp, weaken: (text: string) => readonly unknown[]])[] = [
  [/(source|destination)AddressPrefix(es)?$/, () => ["*", "Internet", "0.0.0.0/0"]],
  [/PortRanges?$/, () => ["*", "0-65535", "22", "3389"]],
  [/iPAddressOrRange$/, () => ["0.0.0.0/0", "0.0.0.0/1"]],
  [/^scope$/, (id) => [group(id), subscription(id)]],
  [/^roleDefinitionId$/, (id) => [id.replace(/[^/]+$/, OWNER)]],
  [/^patternsToMatch$/, () => ["/*", "/admin/*"]],
  [/^serviceName$/, () => ["Microsoft.Web/serverFarms"]],
  [/^sasExpirationPeriod$/, () => ["07.00:00:00"]],
];

/** Lists in which each entry lets somebody in. */
const guests: Readonly<Record<string, unknown>> = {
  ipRules: { iPAddressOrRange: "0.0.0.0/0", action: "Allow" },
  virtualNetworkRules: { virtualNetworkResourceId: "/subscriptions/other", action: "Allow" },
  cors: { allowedOrigins: "*" },
  capabilities: { name: "EnableServerless" },
  supportedProtocols: "Http",
  patternsToMatch: "/*",
};

/** A value turned into what is weaker, by its kind and by its property's name, and each taken out. */
export const weaken: Flip = (value, path) => {
  const name = /([^.[\]]+)(?:\[\d+\])?$/.exec(path)?.[1] ?? "";
  if (typeof value === "boolean") return [!value, undefined];
  if (typeof value === "number") return [0, value + 1, undefined].filter((next) => next !== value);
  if (typeof value === "string") return [...weakerTexts(name, value), undefined];
  if (Array.isArray(value)) return [...weakerLists(name, value), undefined];
  return [undefined];
};

function weakerTexts(name: string, value: string): readonly unknown[] {
  const named = byName.filter(([pattern]) => pattern.test(name)).flatMap(([, other]) => other(value));
  return [...named, ...(weakerWords[value] ?? []), `${value}x`].filter((next) => next !== value && next !== undefined);
}

function weakerLists(name: string, value: readonly unknown[]): readonly unknown[] {
  const more = name in guests ? [[...value, guests[name]]] : [];
  return value.length > 0 ? [[], ...more] : more;
}

/** What azure-native or an operator could write where the program writes nothing, by type. */
export const additions: readonly (readonly [type: string, path: string, value: unknown])[] = [
  ["web:WebApp", "siteConfig.cors", { allowedOrigins: ["*"] }],
  ["web:WebApp", "siteConfig.remoteDebuggingEnabled", true],
  ["web:WebApp", "siteConfig.netFrameworkVersion", "v4.6"],
  ["web:WebApp", "siteConfig.alwaysOn", true],
  ["storage:StorageAccount", "customDomain", { name: "files.example.com" }],
  ["storage:StorageAccount", "enableNfsV3", true],
  ["cosmosdb:DatabaseAccount", "restoreParameters", { restoreMode: "PointInTime" }],
  ["keyvault:Vault", "properties.accessPolicies", [{ objectId: "anybody", permissions: { secrets: ["all"] } }]],
  ["cdn:Route", "cacheConfiguration", { queryStringCachingBehavior: "IgnoreQueryString" }],
  ["cdn:Route", "ruleSets", [{ id: "/subscriptions/other" }]],
  ["cdn:Route", "originPath", "/admin"],
  ["frontdoor:Policy", "managedRules.exceptionsList", { exceptions: [{ matchVariable: "RequestUri" }] }],
  ["monitor:DiagnosticSetting", "storageAccountId", "/subscriptions/other"],
  ["eventhub:Namespace", "tags.key", "Endpoint=sb://x/;SharedAccessKeyName=x;SharedAccessKey=abc"],
];

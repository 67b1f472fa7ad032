import type { Planned } from "../../../infra/plan/cost/planned.ts";

const of = (type: string, name: string, inputs: Planned["inputs"]): Planned => ({
  type: `azure-native:${type}`,
  name,
  inputs,
});

/** What a test changes in the stack: the inputs of a type, over those that are there, or more resources. */
export interface Changes {
  readonly inputs?: Readonly<Record<string, Planned["inputs"]>>;
  readonly more?: readonly Planned[];
}

export const app = (scale: Readonly<Record<string, unknown>> = {}): Planned["inputs"] => ({
  functionAppConfig: {
    scaleAndConcurrency: {
      instanceMemoryMB: 2048,
      maximumInstanceCount: 100,
      triggers: { http: { perInstanceConcurrency: 64 } },
      ...scale,
    },
  },
  siteConfig: {
    appSettings: [
      {
        name: "AzureFunctionsJobHost__logging__applicationInsights__samplingSettings__maxSamplingPercentage",
        value: "10",
      },
    ],
  },
});

export const origin = (name: string): Planned => of("cdn:AFDOrigin", name, {});
export const probed = (seconds: number): Planned["inputs"] => ({
  healthProbeSettings: { probeIntervalInSeconds: seconds },
});
export const metricAlert = (name: string, inputs: Planned["inputs"]): Planned =>
  of("monitor:MetricAlert", name, inputs);
export const queryRule = (name: string, inputs: Planned["inputs"]): Planned =>
  of("monitor:ScheduledQueryRule", name, inputs);
export const diagnostics = (name: string, inputs: Planned["inputs"]): Planned =>
  of("monitor:DiagnosticSetting", name, inputs);
export const expiry = (daysAfterModificationGreaterThan: number): Planned =>
  of("storage:ManagementPolicy", "expiry", {
    policy: { rules: [{ definition: { actions: { baseBlob: { delete: { daysAfterModificationGreaterThan } } } } }] },
  });
export const account = (accountName: string, sku: string): Planned =>
  of("storage:StorageAccount", accountName, { accountName, sku: { name: sku } });

const container = (containerName: string, maxThroughput?: number): Planned =>
  of("cosmosdb:SqlResourceSqlContainer", containerName, {
    containerName,
    options: maxThroughput === undefined ? {} : { autoscaleSettings: { maxThroughput } },
  });

const stack: readonly Planned[] = [
  of("cdn:Profile", "profile", {}),
  of("frontdoor:Policy", "policy", {}),
  of("cdn:AFDOriginGroup", "group", {}),
  origin("westeurope"),
  of("web:WebApp", "app", app()),
  of("eventhub:Namespace", "namespace", { sku: { name: "Standard", capacity: 1 }, isAutoInflateEnabled: false }),
  of("eventhub:EventHub", "hub", { partitionCount: 8, retentionDescription: { retentionTimeInHours: 168 } }),
  of("cosmosdb:DatabaseAccount", "account", {
    backupPolicy: { continuousModeProperties: { tier: "Continuous7Days" } },
  }),
  of("cosmosdb:SqlResourceSqlDatabase", "database", { options: { autoscaleSettings: { maxThroughput: 1_000 } } }),
  container("events", 20_000),
  container("ledger"),
  account("own", "Standard_ZRS"),
  of("storage:Queue", "work", { accountName: "own" }),
  of("keyvault:Vault", "vault", {}),
  of("network:PrivateEndpoint", "cosmos", { privateLinkServiceConnections: [{ groupIds: ["Sql"] }] }),
  of("privatedns:PrivateZone", "Sql", {}),
  of("network:NatGateway", "gateway", {}),
  of("network:PublicIPAddress", "address", {}),
  of("operationalinsights:Workspace", "workspace", { retentionInDays: 31, workspaceCapping: { dailyQuotaGb: 5 } }),
  of("applicationinsights:Component", "app-insights", { samplingPercentage: 100 }),
];

/** A small stack with one of everything, in the form that the engine records; changed by type. */
export function planOf({ inputs = {}, more = [] }: Changes = {}): { readonly registrations: readonly Planned[] } {
  const changed = stack.map((one) => {
    const change = inputs[one.type.replace("azure-native:", "")];
    return change === undefined ? one : { ...one, inputs: { ...one.inputs, ...change } };
  });
  return { registrations: [...changed, ...more] };
}

import { type Answer, MANAGEMENT, type Part } from "./arm-server.ts";

interface Usage {
  currentValue: number;
  limit: number;
}

export interface SubscriptionOfOurs {
  readonly part: Part;
  /** Registration states by provider. */
  readonly providers: Record<string, string>;
  /** Zones by region. */
  readonly regions: Record<string, number>;
  /** Regions of Flex Consumption, with zones or without, as Azure writes their names. */
  readonly flex: Record<string, { zones: boolean }>;
  readonly stacks: { versions: string[]; memory: (number | string)[]; most: number };
  /** By provider and name. */
  readonly usages: Record<string, Record<string, Usage>>;
}

/** A subscription in which everything is as it should be, until a test changes it. */
export function createSubscription(subscriptionId: string): SubscriptionOfOurs {
  const ours = asItShouldBe();
  const subscription = `/subscriptions/${subscriptionId}`;

  const answer = (path: string, sku: string | null): unknown[] | undefined => {
    if (path === `${subscription}/providers`)
      return Object.entries(ours.providers).map(([namespace, registrationState]) => ({ namespace, registrationState }));
    if (path === `${subscription}/locations`) return Object.entries(ours.regions).map(toLocation);
    if (path === `${subscription}/providers/Microsoft.Web/geoRegions` && sku === "FlexConsumption")
      return Object.entries(ours.flex).map(toGeoRegion);
    if (/^\/providers\/Microsoft\.Web\/locations\/\w+\/functionAppStacks$/.test(path)) return [toStack(ours.stacks)];
    const [, provider = ""] = /^.*\/providers\/([\w.]+)\/locations\/\w+\/usages$/.exec(path) ?? [];
    if (!path.startsWith(subscription) || !(provider in ours.usages)) return undefined;
    return Object.entries(ours.usages[provider] ?? {}).map(toUsage);
  };
  const part: Part = ({ host, method, path, query }): Answer | undefined => {
    if (host !== MANAGEMENT || method !== "GET") return undefined;
    const value = answer(path, query.get("sku"));
    return value && { status: 200, body: { value } };
  };
  return { ...ours, part };
}

function asItShouldBe(): Omit<SubscriptionOfOurs, "part"> {
  return {
    providers: {
      ...Object.fromEntries(providers.map((provider) => [provider, "Registered"])),
      "Microsoft.Quantum": "NotRegistered",
    },
    regions: { eastus2: 3, westus: 0, westeurope: 3 },
    flex: { "East US 2": { zones: true }, "West US": { zones: false } },
    stacks: { versions: ["22", "24"], memory: [512, "2048", 4096], most: 1000 },
    usages: {
      "Microsoft.Web": { "Cores usage in East US 2": { currentValue: 10, limit: 250 } },
      "Microsoft.Network": {
        VirtualNetworks: { currentValue: 6, limit: 50 },
        PrivateEndpoints: { currentValue: 0, limit: 65536 },
      },
      "Microsoft.Storage": { StorageAccounts: { currentValue: 3, limit: 250 } },
    },
  };
}

/** What a program needs; ARM writes one of them in small letters. */
const providers = [
  "Microsoft.App",
  "Microsoft.Cdn",
  "Microsoft.Consumption",
  "Microsoft.DocumentDB",
  "Microsoft.EventHub",
  "microsoft.insights",
  "Microsoft.KeyVault",
  "Microsoft.ManagedIdentity",
  "Microsoft.Network",
  "Microsoft.OperationalInsights",
  "Microsoft.Storage",
  "Microsoft.Web",
];

function toUsage([value, usage]: [string, Usage]) {
  return { name: { value }, unit: "Count", ...usage };
}

function toLocation([name, zones]: [string, number]) {
  const mappings = Array.from({ length: zones }, (_, index) => ({
    logicalZone: `${index + 1}`,
    physicalZone: `${name}-az${index + 1}`,
  }));
  return { name, displayName: name, ...(zones > 0 ? { availabilityZoneMappings: mappings } : {}) };
}

function toGeoRegion([name, { zones }]: [string, { zones: boolean }]) {
  const orgDomain = `PUBLIC;FLEXCONSUMPTION${zones ? ";FCZONEREDUNDANCY" : ""}`;
  return { name, properties: { name, orgDomain } };
}

/** As `functionAppStacks` has it: an old version that Flex never ran, and one for each of Flex's. */
function toStack({ versions, memory, most }: SubscriptionOfOurs["stacks"]) {
  const flexOf = (version: string) => ({
    skuCode: "FC1",
    instanceMemoryMB: memory.map((size) => ({ size, isDefault: size === 2048 })),
    maximumInstanceCount: { lowestMaximumInstanceCount: 40, highestMaximumInstanceCount: most, defaultValue: 100 },
    functionAppConfigProperties: { runtime: { name: "node", version } },
  });
  const minor = (linuxRuntimeSettings: unknown) => ({ minorVersions: [{ stackSettings: { linuxRuntimeSettings } }] });
  const older = minor({ runtimeVersion: "Node|14", Sku: null });
  return {
    name: "node",
    properties: {
      value: "node",
      majorVersions: [older, ...versions.map((version) => minor({ Sku: [flexOf(version)] }))],
    },
  };
}

import { z } from "zod";
import type { Arm } from "./arm-client.ts";
import { type Finding, isRegion, type Wanted } from "./wanted.ts";

/** What the app runs on. */
export const runtime = { name: "node", version: "24" } as const;

/**
 * `az functionapp list-flexconsumption-locations` and `list-flexconsumption-runtimes` ask the same; so does
 * Az.Functions, from whose code (Azure/azure-powershell, src/Functions/Functions.Autorest/custom) the shapes are: the
 * API's description leaves out `Sku`.
 */
const regionShape = z.looseObject({
  name: z.string(),
  properties: z.looseObject({ orgDomain: z.string().nullish() }).nullish(),
});
const skuShape = z.looseObject({
  skuCode: z.string(),
  instanceMemoryMB: z.array(z.looseObject({ size: z.coerce.number() })).nullish(),
  maximumInstanceCount: z.looseObject({ highestMaximumInstanceCount: z.coerce.number() }).nullish(),
  functionAppConfigProperties: z.looseObject({ runtime: z.looseObject({ name: z.string(), version: z.string() }) }),
});
type Sku = z.output<typeof skuShape>;
const minorShape = z.looseObject({
  stackSettings: z.looseObject({
    linuxRuntimeSettings: z.looseObject({ Sku: z.array(z.unknown()).nullish() }).nullish(),
  }),
});
const stackShape = z.looseObject({
  properties: z.looseObject({ majorVersions: z.array(z.looseObject({ minorVersions: z.array(minorShape) })) }),
});

const FLEX = "FC1";

/**
 * That Flex Consumption is in the region, in several zones where they are wanted, with this runtime and this memory.
 */
export async function checkFlex(arm: Arm, wanted: Wanted): Promise<Finding[]> {
  const { location, zones, subscriptionId } = wanted;
  const regions = await arm.list(
    {
      what: "list the regions of Flex Consumption",
      path: `/subscriptions/${subscriptionId}/providers/Microsoft.Web/geoRegions`,
      query: { sku: "FlexConsumption", "api-version": "2024-11-01" },
    },
    regionShape,
  );
  const region = regions.find(({ name }) => isRegion(name, location));
  if (region === undefined)
    return [
      {
        key: "azure-native:location",
        message: `${location} has no Flex Consumption: write one of ${namesOf(regions)}`,
      },
    ];
  const zonal = regions.filter(({ properties }) => properties?.orgDomain?.includes("FCZONEREDUNDANCY"));
  const withoutZones: Finding = {
    key: "headrace:zones",
    message: `Flex Consumption has no zones in ${location}: write false, or one of ${namesOf(zonal)}`,
  };
  return [...(zones && !zonal.includes(region) ? [withoutZones] : []), ...(await checkRuntime(arm, wanted))];
}

function namesOf(regions: readonly z.output<typeof regionShape>[]): string {
  return regions.map(({ name }) => name.toLowerCase().replaceAll(" ", "")).join(", ");
}

async function checkRuntime(arm: Arm, { location, memoryMb, maxInstances }: Wanted): Promise<Finding[]> {
  const stacks = await arm.list(
    {
      what: `list what Flex Consumption runs in ${location}`,
      path: `/providers/Microsoft.Web/locations/${location}/functionAppStacks`,
      query: { stack: runtime.name, removeHiddenStacks: "true", "api-version": "2020-10-01" },
    },
    stackShape,
  );
  const offered = stacks.flatMap(({ properties }) => properties.majorVersions.flatMap(skusOf));
  const versions = offered.map(versionOf);
  const sku = offered.find((one) => versionOf(one) === runtime.version);
  if (sku === undefined)
    return [
      {
        key: "azure-native:location",
        message:
          `Flex Consumption in ${location} runs ${runtime.name} ${versions.join(", ") || "in no version"}, ` +
          `not ${runtime.version}: write another region`,
      },
    ];
  return [...checkMemory(sku, memoryMb), ...checkInstances(sku, maxInstances)];
}

function skusOf({ minorVersions }: { minorVersions: z.output<typeof minorShape>[] }): Sku[] {
  return minorVersions
    .flatMap(({ stackSettings }) => stackSettings.linuxRuntimeSettings?.Sku ?? [])
    .flatMap((sku) => skuShape.safeParse(sku).data ?? [])
    .filter(({ skuCode, functionAppConfigProperties }) => {
      return skuCode === FLEX && functionAppConfigProperties.runtime.name === runtime.name;
    });
}

function versionOf({ functionAppConfigProperties }: Sku): string {
  return functionAppConfigProperties.runtime.version;
}

function checkMemory({ instanceMemoryMB }: Sku, memoryMb: number): Finding[] {
  const sizes = instanceMemoryMB?.map(({ size }) => size);
  if (sizes === undefined || sizes.includes(memoryMb)) return [];
  return [
    { key: "headrace:app.memoryMb", message: `this region has no ${memoryMb} MB: write one of ${sizes.join(", ")}` },
  ];
}

function checkInstances({ maximumInstanceCount }: Sku, maxInstances: number): Finding[] {
  const most = maximumInstanceCount?.highestMaximumInstanceCount;
  if (most === undefined || maxInstances <= most) return [];
  return [{ key: "headrace:app.maxInstances", message: `write ${most} at most in this region` }];
}

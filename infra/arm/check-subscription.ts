import { z } from "zod";
import type { Arm } from "./arm-client.ts";
import { type Finding, isRegion, type Wanted } from "./wanted.ts";

/**
 * What the program has resources of; `Microsoft.App` since the app's subnet is delegated to it. azure-native registers
 * none of them.
 */
export const providers = [
  "Microsoft.App",
  "Microsoft.Cdn",
  "Microsoft.Consumption",
  "Microsoft.DocumentDB",
  "Microsoft.EventHub",
  "Microsoft.Insights",
  "Microsoft.KeyVault",
  "Microsoft.ManagedIdentity",
  "Microsoft.Network",
  "Microsoft.OperationalInsights",
  "Microsoft.Storage",
  "Microsoft.Web",
] as const;

const providerShape = z.looseObject({ namespace: z.string(), registrationState: z.string() });
/** "Subscriptions - List Locations" (learn.microsoft.com/rest/api/resources): zones are named as of 2022-12-01. */
const locationShape = z.looseObject({
  name: z.string(),
  availabilityZoneMappings: z.array(z.unknown()).nullish(),
});

const help = { 403: "Give the deployer the role Reader on the subscription, then `pulumi up` again." };

/** That the providers are registered, and the region is there, with zones. */
export async function checkSubscription(arm: Arm, wanted: Wanted): Promise<Finding[]> {
  const { subscriptionId, location, zones } = wanted;
  const [registered, locations] = await Promise.all([
    arm.list(
      {
        what: "list the subscription's providers",
        path: `/subscriptions/${subscriptionId}/providers`,
        query: { "api-version": "2021-04-01" },
        help,
      },
      providerShape,
    ),
    arm.list(
      {
        what: "list the subscription's regions",
        path: `/subscriptions/${subscriptionId}/locations`,
        query: { "api-version": "2022-12-01" },
        help,
      },
      locationShape,
    ),
  ]);
  const region = locations.find(({ name }) => isRegion(name, location));
  const findings = [
    ...findUnregistered(registered),
    ...findUnknown(
      wanted,
      locations.map(({ name }) => name),
    ),
  ];
  if (zones && region && (region.availabilityZoneMappings ?? []).length < 2)
    findings.push({
      key: "headrace:zones",
      message: `this subscription has no availability zones in ${location}: write false, or another region`,
    });
  return findings;
}

function findUnregistered(found: readonly z.output<typeof providerShape>[]): Finding[] {
  const states = new Map(found.map(({ namespace, registrationState }) => [namespace.toLowerCase(), registrationState]));
  return providers
    .map((key) => ({ key, state: states.get(key.toLowerCase()) ?? "not there" }))
    .filter(({ state }) => state !== "Registered")
    .map(({ key, state }) => ({ key, message: `is ${state}: az provider register --wait --namespace ${key}` }));
}

function findUnknown({ location, privateLinkLocations }: Wanted, regions: readonly string[]): Finding[] {
  const isThere = (wanted: string): boolean => regions.some((name) => isRegion(name, wanted));
  const named = [
    { key: "azure-native:location", regions: [location] },
    { key: "headrace:edge.privateLinkLocations", regions: privateLinkLocations },
  ];
  return named.flatMap(({ key, regions: wanted }) =>
    wanted
      .filter((region) => !isThere(region))
      .map((region) => ({ key, message: `this subscription has no region ${region}: az account list-locations` })),
  );
}

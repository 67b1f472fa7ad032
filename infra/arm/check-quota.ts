import { z } from "zod";
import type { Arm } from "./arm-client.ts";
import type { Finding, Wanted } from "./wanted.ts";

const usageShape = z.looseObject({
  name: z.looseObject({ value: z.string() }),
  currentValue: z.number(),
  limit: z.number(),
});
type Usage = z.output<typeof usageShape>;

/**
 * Cores of an instance by its memory, as the quota counts them ("Flex Consumption plan", regional subscription memory
 * quotas).
 */
const cores: Readonly<Record<number, number>> = { 512: 0.25, 2048: 1, 4096: 2 };

/**
 * What a new stack needs one of at least, by the names that `az network list-usages` shows. A name that a region does
 * not list is not checked: it is ARM then that refuses.
 */
const needed: Readonly<Record<string, number>> = {
  VirtualNetworks: 1,
  NetworkSecurityGroups: 2,
  NatGateways: 1,
  StandardSkuPublicIpAddresses: 1,
  PrivateEndpoints: 6,
};

/** That there is room for the whole stack, and for the instances that never sleep. */
export async function checkQuota(arm: Arm, wanted: Wanted): Promise<Finding[]> {
  const { subscriptionId, location } = wanted;
  const usages = (provider: string, apiVersion: string): Promise<Usage[]> =>
    arm.list(
      {
        what: `list the quota of ${provider} in ${location}`,
        path: `/subscriptions/${subscriptionId}/providers/${provider}/locations/${location}/usages`,
        query: { "api-version": apiVersion },
      },
      usageShape,
    );
  const [web, network, storage] = await Promise.all([
    // "Get Usages In Location - list" (learn.microsoft.com/rest/api/appservice): cores of Flex Consumption.
    usages("Microsoft.Web", "2024-11-01"),
    usages("Microsoft.Network", "2024-05-01"),
    usages("Microsoft.Storage", "2024-01-01"),
  ]);
  return [
    ...checkCores(web, wanted),
    ...Object.entries(needed).flatMap(([name, count]) => checkRoom("Microsoft.Network", network, name, count)),
    ...checkRoom("Microsoft.Storage", storage, "StorageAccounts", 1),
  ];
}

function checkCores(usages: readonly Usage[], { memoryMb, alwaysReady, location }: Wanted): Finding[] {
  const usage = usages.find(({ name }) => /^cores/i.test(name.value));
  const wanted = alwaysReady * (cores[memoryMb] ?? 0);
  if (usage === undefined) return [];
  const left = usage.limit - usage.currentValue;
  // One more, or the app cannot start anything.
  if (left >= Math.max(1, wanted)) return [];
  return [
    {
      key: "headrace:app.alwaysReady",
      message:
        `${left} of ${usage.limit} cores of Flex Consumption are left in ${location}, ` +
        `and instances that never sleep need ${wanted}: write fewer, or ask for quota in the portal`,
    },
  ];
}

function checkRoom(provider: string, usages: readonly Usage[], name: string, count: number): Finding[] {
  const usage = usages.find((one) => one.name.value.toLowerCase() === name.toLowerCase());
  if (usage === undefined || usage.currentValue + count <= usage.limit) return [];
  const { currentValue, limit } = usage;
  return [
    {
      key: `${provider} ${name}`,
      message: `${currentValue} of ${limit} are used, ${count} more are needed: ask for quota in the portal`,
    },
  ];
}

import { expect, test } from "vitest";
import { preflight } from "../../../infra/arm/preflight.ts";
import type { Wanted } from "../../../infra/arm/wanted.ts";
import { armError } from "../support/arm-server.ts";
import { createSubscription, type SubscriptionOfOurs } from "../support/arm-subscription.ts";
import { startArmWorld } from "../support/arm-world.ts";

const wanted: Wanted = {
  subscriptionId: "00000000-0000-4000-8000-000000000000",
  location: "eastus2",
  zones: true,
  privateLinkLocations: ["eastus2"],
  memoryMb: 2048,
  maxInstances: 200,
  alwaysReady: 6,
};

async function start() {
  const subscription = createSubscription(wanted.subscriptionId);
  return { subscription, ...(await startArmWorld([subscription.part])) };
}

test("a subscription that has everything passes, and nothing is changed in it", async () => {
  const { arm, server } = await start();
  await preflight(arm, wanted, { isNew: true });
  expect(new Set(server.asked.map(({ method }) => method))).toEqual(new Set(["GET"]));
});

interface Case {
  readonly what: string;
  change?(subscription: SubscriptionOfOurs): void;
  readonly wants?: Partial<Wanted>;
  readonly line: string;
}

const cases: Case[] = [
  {
    what: "a provider that is not registered",
    change: ({ providers }) => {
      providers["Microsoft.App"] = "NotRegistered";
    },
    line: "  - Microsoft.App: is NotRegistered: az provider register --wait --namespace Microsoft.App",
  },
  {
    what: "a provider that is being registered",
    change: ({ providers }) => {
      providers["Microsoft.Cdn"] = "Registering";
    },
    line: "  - Microsoft.Cdn: is Registering: az provider register --wait --namespace Microsoft.Cdn",
  },
  {
    what: "a provider that the subscription does not know",
    change: ({ providers }) => {
      delete providers["microsoft.insights"];
    },
    line: "  - Microsoft.Insights: is not there: az provider register",
  },
  {
    what: "a region that the subscription does not have",
    wants: { location: "mars" },
    line: "  - azure-native:location: this subscription has no region mars",
  },
  {
    what: "an entry of Front Door that the subscription does not have",
    wants: { privateLinkLocations: ["eastus2", "moon"] },
    line: "  - headrace:edge.privateLinkLocations: this subscription has no region moon",
  },
  {
    what: "a region without Flex Consumption",
    wants: { location: "westeurope" },
    line: "  - azure-native:location: westeurope has no Flex Consumption: write one of eastus2, westus",
  },
  {
    what: "zones in a region without",
    wants: { location: "westus" },
    line: "  - headrace:zones: this subscription has no availability zones in westus: write false",
  },
  {
    what: "zones where Flex Consumption has none",
    change: ({ flex }) => {
      flex["East US 2"] = { zones: false };
    },
    line: "  - headrace:zones: Flex Consumption has no zones in eastus2: write false",
  },
  {
    what: "a runtime version that the region does not have, and ARM would take",
    change: ({ stacks }) => {
      stacks.versions = ["20", "22"];
    },
    line: "  - azure-native:location: Flex Consumption in eastus2 runs node 20, 22, not 24: write another region",
  },
  {
    what: "a region that says of no version that Flex runs it",
    change: ({ stacks }) => {
      stacks.versions = [];
    },
    line: "Flex Consumption in eastus2 runs node in no version, not 24",
  },
  {
    what: "a memory size that the region does not have",
    change: ({ stacks }) => {
      stacks.memory = [2048, 4096];
    },
    wants: { memoryMb: 512 },
    line: "  - headrace:app.memoryMb: this region has no 512 MB: write one of 2048, 4096",
  },
  {
    what: "more instances than the region allows",
    change: ({ stacks }) => {
      stacks.most = 100;
    },
    line: "  - headrace:app.maxInstances: write 100 at most in this region",
  },
  {
    what: "cores for the instances that never sleep",
    change: ({ usages }) => {
      usages["Microsoft.Web"] = { "Cores usage in East US 2": { currentValue: 246, limit: 250 } };
    },
    line: "  - headrace:app.alwaysReady: 4 of 250 cores of Flex Consumption are left in eastus2, and instances that never sleep need 6",
  },
  {
    what: "room for another network",
    change: ({ usages }) => {
      usages["Microsoft.Network"] = { virtualNetworks: { currentValue: 50, limit: 50 } };
    },
    line: "  - Microsoft.Network VirtualNetworks: 50 of 50 are used, 1 more are needed: ask for quota in the portal",
  },
  {
    what: "room for another storage account",
    change: ({ usages }) => {
      usages["Microsoft.Storage"] = { StorageAccounts: { currentValue: 250, limit: 250 } };
    },
    line: "  - Microsoft.Storage StorageAccounts: 250 of 250 are used",
  },
];

test.each(cases)("before anything is created it finds: $what", async ({ change, wants, line }) => {
  const { subscription, arm } = await start();
  change?.(subscription);
  const error = await preflight(arm, { ...wanted, ...wants }, { isNew: true }).catch(String);
  expect(error).toContain("Nothing was created: the subscription or the region lacks something\n");
  expect(error).toContain(line);
});

test("everything that is wrong is told at once", async () => {
  const { subscription, arm } = await start();
  subscription.providers["Microsoft.App"] = "NotRegistered";
  subscription.stacks.most = 100;
  const error = await preflight(arm, wanted, { isNew: true }).catch(String);
  expect(error).toMatch(/Microsoft\.App[\s\S]*maxInstances/);
});

test("a stack that is there already is not asked whether it fits beside itself", async () => {
  const { subscription, arm } = await start();
  subscription.usages["Microsoft.Storage"] = { StorageAccounts: { currentValue: 250, limit: 250 } };
  await preflight(arm, wanted, { isNew: false });
});

test("a deployer who may not read the subscription is told which role is missing", async () => {
  const { server, arm } = await start();
  server.trouble("GET", /\/locations$/, armError(403, "AuthorizationFailed", "No."));
  await expect(preflight(arm, wanted, { isNew: true })).rejects.toThrow(
    "Could not list the subscription's regions: 403 AuthorizationFailed No. Give the deployer the role Reader on the subscription",
  );
});

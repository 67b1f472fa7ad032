import { looksLikeSecret } from "../../config/secrets.ts";
import { armPathOf } from "../../plan/arm-paths.ts";
import { isObject } from "../../plan/engine/values.ts";
import { fits, is, matches } from "../conditions.ts";
import { isSame, ofType, type Resource, shortType, type World } from "../resource.ts";
import type { Rule } from "../rule.ts";
import { inRegion, taggable } from "./types.ts";

const group = "resources:ResourceGroup";
/** What keeps data of tenants, or is around it. */
const kept = [
  group,
  "storage:StorageAccount",
  "storage:BlobContainer",
  "storage:Queue",
  "cosmosdb:DatabaseAccount",
  "cosmosdb:SqlResourceSqlDatabase",
  "cosmosdb:SqlResourceSqlContainer",
  "eventhub:Namespace",
  "eventhub:EventHub",
  "keyvault:Vault",
];

const ofBundles = {
  within: "headrace:data:Packages",
  because: "it keeps nobody's data, and goes when bundles are public",
};

/** Of every resource, whatever it is. */
export const all: readonly Rule[] = [
  ...taggable.map(
    (type): Rule => ({
      ids: [type === group ? "Azure.Group.RequiredTags" : `Azure.Resource.UseTags:${type}`],
      type,
      property: "tags",
      verdict: "must",
      check: fits("app, stack and managed-by, as the group has them", (tags, { world }) => {
        const [first] = ofType(world, group);
        const wanted = first?.inputs.tags;
        if (!isObject(tags) || !isObject(wanted)) return false;
        const isWhole =
          typeof tags.app === "string" &&
          tags.app !== "" &&
          tags.stack === world.stack &&
          tags["managed-by"] === "pulumi";
        return isWhole && Object.entries(wanted).every(([name, value]) => tags[name] === value);
      }),
    }),
  ),
  ...Object.entries(inRegion).map(
    ([type, isGlobal]): Rule => ({
      ids: [`Azure.Resource.AllowedRegions:${type}`],
      type,
      property: "location",
      verdict: "must",
      check: isGlobal
        ? matches(/^global$/i, "global")
        : fits("the group's region", (location, { world }) => location === ofType(world, group)[0]?.inputs.location),
    }),
  ),
  ...kept.map(
    (type): Rule => ({
      ids: [`headrace.all.protected:${type}`],
      type,
      property: "",
      verdict: "must",
      check: is("protected from deletion", (_, { protect }) => protect),
      ...(type.startsWith("storage:Storage") || type.startsWith("storage:Blob") ? { except: ofBundles } : {}),
    }),
  ),
  {
    ids: ["Azure.Deployment.SecretLeak", "Azure.Deployment.SecureParameter", "Azure.Deployment.SecureValue"],
    type: "*",
    property: "",
    verdict: "must",
    check: is("no key, password or connection string", (inputs) =>
      textsIn(inputs).every((text) => !looksLikeSecret(text)),
    ),
  },
  {
    ids: ["Azure.Deployment.OuterSecret", "Azure.Deployment.OutputSecretValue", "Azure.Deployment.Name"],
    type: "resources:Deployment",
    property: "",
    verdict: "n/a",
    because: "the program deploys no templates",
  },
  {
    ids: ["Azure.Group.Name"],
    type: group,
    property: "resourceGroupName",
    verdict: "must",
    check: matches(/^[\w().-]{0,89}[\w()-]$/),
  },
  {
    ids: ["headrace.all.in-the-group"],
    type: "*",
    property: "",
    verdict: "must",
    check: fits("the stack's one resource group", (inputs, { resource, world }) => {
      const name = isObject(inputs) ? inputs.resourceGroupName : undefined;
      const isElsewhere = !armPathOf(resource.type).parameters.includes("resourceGroupName");
      return isElsewhere || ofType(world, group).every((one) => isSame(one.inputs.resourceGroupName, name));
    }),
  },
  {
    ids: ["headrace.all.parts-of-ours"],
    type: "*",
    property: "",
    verdict: "must",
    check: fits("a part of what this stack makes", (_, { resource, world }) => hasOwner(resource, world)),
  },
  {
    ids: [
      "Azure.Defender.Api",
      "Azure.Defender.AppServices",
      "Azure.Defender.Arm",
      "Azure.Defender.CosmosDb",
      "Azure.Defender.Cspm",
      "Azure.Defender.KeyVault",
      "Azure.Defender.Storage",
    ],
    type: "security:Pricing",
    property: "",
    verdict: "option",
    because: "Defender is the subscription's, and no stack's: docs/cost.md lists the plans with their prices",
  },
];

/** Names by which a part says whose it is, and the type that it is a part of. */
const owners: Readonly<Record<string, readonly string[]>> = {
  accountName: ["storage:StorageAccount", "cosmosdb:DatabaseAccount"],
  databaseName: ["cosmosdb:SqlResourceSqlDatabase"],
  namespaceName: ["eventhub:Namespace"],
  eventHubName: ["eventhub:EventHub"],
  profileName: ["cdn:Profile"],
  endpointName: ["cdn:AFDEndpoint"],
  originGroupName: ["cdn:AFDOriginGroup"],
  privateZoneName: ["privatedns:PrivateZone"],
  privateEndpointName: ["network:PrivateEndpoint"],
};

function hasOwner(resource: Resource, world: World): boolean {
  const { parameters } = armPathOf(resource.type);
  return Object.entries(owners).every(([name, types]) => {
    const value = resource.inputs[name];
    if (!parameters.includes(name) || types.includes(shortType(resource))) return true;
    const family = types.filter(
      (type) => types.length === 1 || type.split(":")[0] === shortType(resource).split(":")[0],
    );
    return family.some((type) => ofType(world, type).some((one) => isSame(one.inputs[name], value)));
  });
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

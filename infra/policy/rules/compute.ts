import { refusedAppSettings, refusedSiteConfig } from "../../compute/flex.ts";
import { absent, between, equals, fits, is, matches, notTrue, oneOf, someOfThem } from "../conditions.ts";
import { leadsInto, ledTo, ofType, type Resource, shares, textAt, valueAt, valuesAt } from "../resource.ts";
import type { Rule } from "../rule.ts";
import { settingsOfApp, valuesOfSettings } from "./app-settings.ts";

const app = "web:WebApp";
const plan = "web:AppServicePlan";

/** Of the function app: its door, its identity, and what Flex Consumption takes. */
export const compute: readonly Rule[] = [
  {
    ids: ["Azure.AppService.UseHTTPS", "CKV_AZURE_14", "CKV_AZURE_70", "CKV_AZURE_153", "AVD-AZU-0004", "AVD-AZU-0072"],
    type: app,
    property: "httpsOnly",
    verdict: "must",
    check: equals(true),
  },
  {
    ids: ["Azure.AppService.MinTLS", "CKV_AZURE_15", "CKV_AZURE_145", "CKV_AZURE_154", "AVD-AZU-0006"],
    type: app,
    property: "siteConfig.minTlsVersion",
    verdict: "must",
    check: oneOf("1.2", "1.3"),
  },
  {
    ids: ["headrace.app.scm-tls"],
    type: app,
    property: "siteConfig.scmMinTlsVersion",
    verdict: "must",
    check: oneOf("1.2", "1.3"),
  },
  {
    ids: ["Azure.AppService.WebSecureFtp", "CKV_AZURE_78", "AVD-AZU-0071"],
    type: app,
    property: "siteConfig.ftpsState",
    verdict: "no",
    check: equals("Disabled"),
    because: "Flex refuses ftpsState (ARM error 51021); FTP has no password instead: headrace.app.no-passwords",
  },
  {
    ids: ["Azure.AppService.RemoteDebug", "CKV_AZURE_72", "CKV_AZURE_155"],
    type: app,
    property: "siteConfig.remoteDebuggingEnabled",
    verdict: "must",
    check: notTrue,
  },
  {
    ids: ["Azure.AppService.HTTP2", "CKV_AZURE_18", "CKV_AZURE_67", "AVD-AZU-0005"],
    type: app,
    property: "siteConfig.http20Enabled",
    verdict: "must",
    check: equals(true),
  },
  {
    ids: ["Azure.AppService.ManagedIdentity", "CKV_AZURE_16", "CKV_AZURE_71", "AVD-AZU-0002"],
    type: app,
    property: "identity.type",
    verdict: "must",
    check: equals("UserAssigned"),
  },
  {
    ids: ["headrace.app.own-identity"],
    type: app,
    property: "identity.userAssignedIdentities",
    verdict: "must",
    check: fits(
      "the one identity of this stack",
      (value, { world }) =>
        Array.isArray(value) &&
        value.length === 1 &&
        ledTo(world, value[0], "managedidentity:UserAssignedIdentity").length > 0,
    ),
  },
  {
    ids: ["Azure.AppService.ARRAffinity"],
    type: app,
    property: "clientAffinityEnabled",
    verdict: "must",
    check: equals(false),
  },
  {
    ids: ["CKV_AZURE_221", "CKV_AZURE_222"],
    type: app,
    property: "publicNetworkAccess",
    verdict: "must",
    check: equals("Disabled"),
  },
  {
    ids: ["Azure.AppService.AvailabilityZone", "CKV_AZURE_225"],
    type: plan,
    property: "zoneRedundant",
    verdict: "prod",
    check: equals(true),
  },
  {
    ids: ["Azure.AppService.MinPlan", "CKV_AZURE_211"],
    type: plan,
    property: "sku.name",
    verdict: "must",
    check: equals("FC1"),
  },
  {
    ids: ["Azure.AppService.PlanInstanceCount", "CKV_AZURE_212"],
    type: app,
    property: "functionAppConfig.scaleAndConcurrency.alwaysReady[*].instanceCount",
    verdict: "prod",
    check: between(2),
  },
  {
    ids: ["headrace.app.always-ready"],
    type: app,
    property: "functionAppConfig.scaleAndConcurrency.alwaysReady",
    verdict: "prod",
    check: someOfThem,
  },
  {
    ids: ["Azure.AppService.AlwaysOn"],
    type: app,
    property: "siteConfig.alwaysOn",
    verdict: "no",
    check: equals(true),
    because: "Flex refuses alwaysOn (ARM error 51021), and scales to nothing; alwaysReady keeps instances",
  },
  {
    ids: ["Azure.AppService.WebProbe", "Azure.AppService.WebProbePath", "CKV_AZURE_213"],
    type: app,
    property: "siteConfig.healthCheckPath",
    verdict: "no",
    check: matches(/^\//),
    because: "Flex has no health check of its own; Front Door's probes and the alerts see what is unhealthy",
  },
  {
    ids: ["Azure.AppService.NodeJsVersion"],
    type: app,
    property: "functionAppConfig.runtime",
    verdict: "must",
    check: equals({ name: "node", version: "24" }),
  },
  ...(["netFrameworkVersion", "phpVersion", "pythonVersion", "javaVersion"] as const).map(
    (name, index): Rule => ({
      ids: [["Azure.AppService.NETVersion", "CKV_AZURE_80"], ["CKV_AZURE_81"], ["CKV_AZURE_82"], ["CKV_AZURE_83"]][
        index
      ] as [string, ...string[]],
      type: app,
      property: `siteConfig.${name}`,
      verdict: "n/a",
      check: absent,
      because: "the app is of Node",
    }),
  ),
  {
    ids: ["CKV_AZURE_13", "CKV_AZURE_56", "AVD-AZU-0003"],
    type: app,
    property: "",
    verdict: "no",
    check: fits("authentication by App Service", (_, { resource, world }) =>
      ofType(world, "web:WebAppAuthSettingsV2").some((auth) => shares(auth, resource, "name")),
    ),
    because: "the app itself asks who it is; App Service would turn away API keys, which it does not know",
  },
  {
    ids: ["CKV_AZURE_17", "AVD-AZU-0001"],
    type: app,
    property: "clientCertEnabled",
    verdict: "no",
    check: equals(true),
    because: "requests come through Front Door, which sends no client certificate; the private link is what proves it",
  },
  {
    ids: ["CKV_AZURE_57", "CKV_AZURE_62"],
    type: app,
    property: "siteConfig.cors",
    verdict: "must",
    check: absent,
  },
  {
    ids: ["CKV_AZURE_63", "CKV_AZURE_65", "CKV_AZURE_66", "CKV_AZURE_159"],
    type: app,
    property: "siteConfig.httpLoggingEnabled",
    verdict: "no",
    check: equals(true),
    because: "Flex has no file system that logs and traces would go to; Application Insights has them",
  },
  {
    ids: ["CKV_AZURE_88"],
    type: app,
    property: "siteConfig.azureStorageAccounts",
    verdict: "no",
    check: someOfThem,
    because: "a share of Azure Files is mounted by a key; the app keeps nothing in files",
  },
  {
    ids: ["headrace.app.no-passwords"],
    type: app,
    property: "",
    verdict: "must",
    check: fits("publishing passwords turned off, of scm and of FTP", (_, { resource, world }) =>
      ["web:WebAppScmAllowed", "web:WebAppFtpAllowed"].every((type) =>
        ofType(world, type).some((policy) => shares(policy, resource, "name") && policy.inputs.allow === false),
      ),
    ),
  },
  {
    ids: ["headrace.app.package-by-identity"],
    type: app,
    property: "functionAppConfig.deployment.storage",
    verdict: "must",
    check: fits("a container of this stack, read by the app's identity", (value, { resource, world }) => {
      const [address, by, who, kind] = [
        "value",
        "authentication.type",
        "authentication.userAssignedIdentityResourceId",
        "type",
      ].map((path) => valuesAt(value, path)[0]?.[1]);
      const own = ofType(world, "storage:BlobContainer").map(addressOf);
      const ids = valueAt(resource, "identity.userAssignedIdentities");
      return (
        kind === "blobContainer" &&
        own.includes(String(address)) &&
        by === "UserAssignedIdentity" &&
        Array.isArray(ids) &&
        ids.includes(who)
      );
    }),
  },
  {
    ids: ["headrace.app.flex-site"],
    type: app,
    property: "siteConfig",
    verdict: "must",
    check: is("nothing that Flex refuses", (value) =>
      refusedSiteConfig.every((name) => valuesAt(value, name)[0]?.[1] === undefined),
    ),
  },
  {
    ids: ["headrace.app.flex-settings"],
    type: app,
    property: "siteConfig.appSettings[*].name",
    verdict: "must",
    check: is(
      "a setting that Flex does not refuse",
      (name) => !refusedAppSettings.some((refused) => isLike(String(name), refused)),
    ),
  },
  {
    ids: ["headrace.app.settings-known"],
    type: app,
    property: "siteConfig.appSettings[*]",
    verdict: "must",
    check: is("a setting of the app or of its host, with a value that it takes", (value) => {
      const [name, text] = ["name", "value"].map((path) => String(valuesAt(value, path)[0]?.[1]));
      return (
        name !== undefined &&
        text !== undefined &&
        settingsOfApp.isKnown(name) &&
        settingsOfApp.problemOf(name, text) === undefined
      );
    }),
  },
  {
    ids: ["headrace.app.settings-whole"],
    type: app,
    property: "siteConfig.appSettings",
    verdict: "must",
    check: is("every setting that the app and its host need, once", (value) => {
      const names = valuesAt(value, "[*].name").map(([, name]) => String(name));
      return settingsOfApp.needed.every((name) => names.filter((one) => one === name).length === 1);
    }),
  },
  {
    ids: ["headrace.app.settings-lead-here"],
    type: app,
    property: "siteConfig.appSettings[*]",
    verdict: "must",
    check: fits("what this stack's own resources are called", (value, { resource, world }) => {
      const [name, text] = ["name", "value"].map((path) => valuesAt(value, path)[0]?.[1]);
      const wanted = valuesOfSettings(world, resource)[String(name)];
      return wanted === undefined || wanted.includes(String(text));
    }),
  },
  {
    ids: ["headrace.app.in-the-network"],
    type: app,
    property: "virtualNetworkSubnetId",
    verdict: "must",
    check: fits("a subnet of this stack that is delegated to the app", (id, { world }) =>
      ofType(world, "network:VirtualNetwork").some(
        (network) =>
          leadsInto(id, network) && delegatedNames(network).some((name) => String(id).endsWith(`/subnets/${name}`)),
      ),
    ),
  },
  {
    ids: ["headrace.app.on-its-plan"],
    type: app,
    property: "serverFarmId",
    verdict: "must",
    check: fits("the plan of this stack", (id, { world }) => ledTo(world, id, plan).length > 0),
  },
];

function addressOf(container: Resource): string {
  return `https://${textAt(container, "accountName")}.blob.core.windows.net/${textAt(container, "containerName")}`;
}

function isLike(name: string, refused: string): boolean {
  return refused.endsWith("*") ? name.startsWith(refused.slice(0, -1)) : name === refused;
}

function delegatedNames(network: Resource): string[] {
  return valuesAt(network.inputs, "subnets[*]").flatMap(([, subnet]) =>
    valuesAt(subnet, "delegations[*].serviceName").some(([, service]) => service === "Microsoft.App/environments")
      ? [String(valuesAt(subnet, "name")[0]?.[1])]
      : [],
  );
}

import * as web from "@pulumi/azure-native/web/index.js";
import * as pulumi from "@pulumi/pulumi";
import { nameOf, tagsOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";
import { stripForFlex } from "./flex.ts";

export interface FunctionAppArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly subnetId: pulumi.Input<string>;
  readonly identityId: pulumi.Input<string>;
  readonly deploymentContainer: pulumi.Input<string>;
  readonly appSettings: Readonly<Record<string, pulumi.Input<string>>>;
  /** Its roles: a package that it may not read yet does not start. */
  readonly after: pulumi.Resource[];
  readonly hooks: pulumi.ResourceHookBinding;
}

/** The function app: Flex Consumption, Node 24, an identity of its own, no public address and no password. */
export class FunctionApp extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;
  /** `name.azurewebsites.net` */
  readonly hostName: pulumi.Output<string>;
  readonly planId: pulumi.Output<string>;

  constructor(name: string, args: FunctionAppArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:compute:FunctionApp", name, {}, opts);
    const { settings, resourceGroupName, after, hooks } = args;
    const plan = new web.AppServicePlan(
      "plan",
      {
        resourceGroupName,
        location: settings.location,
        tags: tagsOf(settings),
        name: nameOf("plan", settings),
        kind: "functionapp",
        reserved: true,
        sku: { name: "FC1", tier: "FlexConsumption" },
        zoneRedundant: settings.zones,
      },
      { parent: this },
    );
    const app = new web.WebApp("app", toSite(args, plan.id), {
      parent: this,
      dependsOn: after,
      hooks,
      transformations: [stripForFlex],
    });
    // Publishing passwords are credentials too.
    const passwords = { resourceGroupName, name: app.name, allow: false };
    new web.WebAppScmAllowed("scm", passwords, { parent: this });
    new web.WebAppFtpAllowed("ftp", passwords, { parent: this });
    this.id = app.id;
    this.name = app.name;
    this.hostName = app.defaultHostName;
    this.planId = plan.id;
    this.registerOutputs();
  }
}

function toSite(args: FunctionAppArgs, serverFarmId: pulumi.Input<string>): web.WebAppArgs {
  const { settings, resourceGroupName, identityId, subnetId, appSettings } = args;
  return {
    resourceGroupName,
    location: settings.location,
    tags: tagsOf(settings),
    name: nameOf("functionApp", settings),
    kind: "functionapp,linux",
    serverFarmId,
    httpsOnly: true,
    publicNetworkAccess: "Disabled",
    virtualNetworkSubnetId: subnetId,
    clientAffinityEnabled: false,
    clientCertEnabled: false,
    identity: { type: "UserAssigned", userAssignedIdentities: [identityId] },
    functionAppConfig: toFunctionAppConfig(args),
    siteConfig: {
      minTlsVersion: "1.2",
      scmMinTlsVersion: "1.2",
      http20Enabled: true,
      appSettings: Object.entries(appSettings).map(([name, value]) => ({ name, value })),
    },
  };
}

function toFunctionAppConfig({ settings: { app }, identityId, deploymentContainer }: FunctionAppArgs) {
  return {
    deployment: {
      storage: {
        type: "blobContainer",
        value: deploymentContainer,
        authentication: { type: "UserAssignedIdentity", userAssignedIdentityResourceId: identityId },
      },
    },
    runtime: { name: "node", version: "24" },
    scaleAndConcurrency: {
      instanceMemoryMB: app.memoryMb,
      maximumInstanceCount: app.maxInstances,
      alwaysReady: Object.entries(app.alwaysReady).map(([name, instanceCount]) => ({ name, instanceCount })),
      triggers: { http: { perInstanceConcurrency: app.httpConcurrency } },
    },
  };
}

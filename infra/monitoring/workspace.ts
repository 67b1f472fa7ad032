import * as applicationinsights from "@pulumi/azure-native/applicationinsights/index.js";
import * as operationalinsights from "@pulumi/azure-native/operationalinsights/index.js";
import * as pulumi from "@pulumi/pulumi";
import { nameOf, tagsOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";

export interface WorkspaceArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
}

/**
 * Where telemetry goes: Log Analytics and Application Insights on it. Only Entra tokens send and read. The addresses
 * stay public, since these are Azure's own and the app comes by its NAT gateway; a private link scope would change
 * names for the whole network (docs/adr).
 */
export class Workspace extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly appInsightsId: pulumi.Output<string>;
  /** Where to send, and to which component: without a role it opens nothing. */
  readonly connectionString: pulumi.Output<string>;

  constructor(name: string, { settings, resourceGroupName }: WorkspaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:monitoring:Workspace", name, {}, opts);
    const { dailyCapGb, retentionDays } = settings.monitoring;
    const common = {
      resourceGroupName,
      location: settings.location,
      tags: tagsOf(settings),
      publicNetworkAccessForIngestion: "Enabled",
      publicNetworkAccessForQuery: "Enabled",
    };
    const workspace = new operationalinsights.Workspace(
      "workspace",
      {
        ...common,
        workspaceName: nameOf("workspace", settings),
        sku: { name: "PerGB2018" },
        retentionInDays: retentionDays,
        workspaceCapping: { dailyQuotaGb: dailyCapGb },
        features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true },
      },
      { parent: this },
    );
    const component = new applicationinsights.Component(
      "app-insights",
      {
        ...common,
        resourceName: nameOf("appInsights", settings),
        kind: "web",
        applicationType: "web",
        workspaceResourceId: workspace.id,
        ingestionMode: "LogAnalytics",
        disableLocalAuth: true,
        disableIpMasking: false,
        // The host samples, and knows what not to (infra/compute/app-settings.ts): here a security line would go too.
        samplingPercentage: 100,
      },
      { parent: this },
    );
    this.id = workspace.id;
    this.appInsightsId = component.id;
    this.connectionString = component.connectionString;
    this.registerOutputs();
  }
}

import * as resources from "@pulumi/azure-native/resources/index.js";
import * as pulumi from "@pulumi/pulumi";
import { tagsOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";

export interface ReleaseArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly appId: pulumi.Input<string>;
  /** Where the new version has to answer. */
  readonly origin: pulumi.Input<string>;
  /** Publishes the bundle, and ends when its version answers. */
  readonly publish: pulumi.ResourceHook;
}

/**
 * Which bundle the app runs, on record in Azure: a deployment of nothing, whose parameters are the bundle's hash and where it runs. What
 * publishes is a hook *before* it is made or changed. One after it would run once only: what a resource was made with is kept when its
 * after-hook fails, so the next `pulumi up` would find nothing to do.
 */
export class Release extends pulumi.ComponentResource {
  constructor(name: string, args: ReleaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:compute:Release", name, {}, opts);
    const { settings, resourceGroupName, appId, origin, publish } = args;
    const { version, sha256 } = settings.release;
    const values = { version, sha256, app: appId, origin };
    new resources.Deployment(
      "release",
      {
        resourceGroupName,
        deploymentName: "headrace-release",
        tags: tagsOf(settings),
        properties: {
          mode: "Incremental",
          template: {
            $schema: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            contentVersion: "1.0.0.0",
            parameters: Object.fromEntries(Object.keys(values).map((key) => [key, { type: "string" }])),
            resources: [],
          },
          parameters: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value }])),
        },
      },
      { parent: this, hooks: { beforeCreate: [publish], beforeUpdate: [publish] } },
    );
    this.registerOutputs();
  }
}

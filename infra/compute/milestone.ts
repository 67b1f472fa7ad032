import * as resources from "@pulumi/azure-native/resources/index.js";
import * as pulumi from "@pulumi/pulumi";
import { tagsOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";

export interface MilestoneArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  /** What was done, and to what: it is done again when one of these changes. */
  readonly values: Readonly<Record<string, pulumi.Input<string>>>;
  /** Does it. Once more must be the same again. */
  readonly reach: pulumi.ResourceHook;
  readonly after: pulumi.Resource[];
}

/**
 * Something that `pulumi up` does to Azure besides making resources, on record there: a deployment of nothing, whose parameters say what was
 * done. What does it is a hook *before* the record is made or changed. A hook after a resource runs once only, whether it fails or not: the
 * resource is there then, so the next `pulumi up` finds nothing to do.
 */
export class Milestone extends pulumi.ComponentResource {
  constructor(name: string, args: MilestoneArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:compute:Milestone", name, {}, opts);
    const { settings, resourceGroupName, values, reach, after } = args;
    new resources.Deployment(
      name,
      {
        resourceGroupName,
        deploymentName: `headrace-${name}`,
        tags: tagsOf(settings),
        properties: { mode: "Incremental", template: templateOf(values), parameters: parametersOf(values) },
      },
      { parent: this, dependsOn: after, hooks: { beforeCreate: [reach], beforeUpdate: [reach] } },
    );
    this.registerOutputs();
  }
}

type Values = MilestoneArgs["values"];

function templateOf(values: Values): Record<string, unknown> {
  return {
    $schema: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    contentVersion: "1.0.0.0",
    parameters: Object.fromEntries(Object.keys(values).map((key) => [key, { type: "string" }])),
    resources: [],
  };
}

function parametersOf(values: Values): Record<string, { value: pulumi.Input<string> }> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value }]));
}

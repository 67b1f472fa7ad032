import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";
import { Actions } from "./actions.ts";
import { AlertRules } from "./alert-rules.ts";
import { Budget } from "./budget.ts";
import { Diagnostics } from "./diagnostics.ts";
import type { Target, TargetIds } from "./targets.ts";

export interface MonitoringArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly resourceGroupId: pulumi.Input<string>;
  readonly workspaceId: pulumi.Input<string>;
  /** ARM's ids of what is watched. */
  readonly watched: Readonly<Record<Exclude<Target, "blobs" | "queues">, pulumi.Input<string>>>;
}

/** Logs of the platform, alerts, and a budget. Last, as it needs all the others and none of them needs it. */
export class Monitoring extends pulumi.ComponentResource {
  constructor(name: string, args: MonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:monitoring:Monitoring", name, {}, opts);
    const { settings, resourceGroupName, resourceGroupId, workspaceId, watched } = args;
    const targets: TargetIds = {
      ...watched,
      blobs: pulumi.interpolate`${watched.storage}/blobServices/default`,
      queues: pulumi.interpolate`${watched.storage}/queueServices/default`,
    };
    const actions = new Actions("actions", { settings, resourceGroupName }, { parent: this });
    const actionGroupId = actions.groupId;
    new Diagnostics("diagnostics", { settings, workspaceId, targets }, { parent: this });
    const rules = { settings, resourceGroupName, workspaceId, actionGroupId, targets };
    new AlertRules("alerts", rules, { parent: this });
    new Budget("budget", { settings, resourceGroupId, actionGroupId }, { parent: this });
    this.registerOutputs();
  }
}

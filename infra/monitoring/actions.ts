import * as monitor from "@pulumi/azure-native/monitor/index.js";
import * as pulumi from "@pulumi/pulumi";
import { nameOf, tagsOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";

export interface ActionsArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
}

/** Who hears of alerts, and of what Azure itself announces. */
export class Actions extends pulumi.ComponentResource {
  readonly groupId: pulumi.Output<string>;

  constructor(name: string, { settings, resourceGroupName }: ActionsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:monitoring:Actions", name, {}, opts);
    const common = { resourceGroupName, tags: tagsOf(settings) };
    const group = new monitor.ActionGroup(
      "group",
      {
        ...common,
        location: "Global",
        actionGroupName: nameOf("actionGroup", settings),
        // 12 letters at most, as in text messages.
        groupShortName: settings.name,
        enabled: true,
        emailReceivers: settings.monitoring.emails.map((emailAddress, index) => ({
          name: `mail-${index + 1}`,
          emailAddress,
          useCommonAlertSchema: true,
        })),
      },
      { parent: this },
    );
    // Of all services and regions that the subscription uses: Front Door's and Entra's troubles are of no region.
    new monitor.ActivityLogAlert(
      "service-health",
      {
        ...common,
        location: "Global",
        activityLogAlertName: `${settings.name}-${settings.stack}-service-health`,
        description: `Azure announces trouble or something to do. What to do: ${settings.monitoring.runbook}#alerts-edge`,
        enabled: true,
        scopes: [`/subscriptions/${settings.subscriptionId}`],
        condition: { allOf: [{ field: "category", equals: "ServiceHealth" }] },
        actions: { actionGroups: [{ actionGroupId: group.id }] },
      },
      { parent: this },
    );
    this.groupId = group.id;
    this.registerOutputs();
  }
}

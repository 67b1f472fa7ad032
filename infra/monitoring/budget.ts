import * as consumption from "@pulumi/azure-native/consumption/index.js";
import * as pulumi from "@pulumi/pulumi";
import { nameOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";

export interface BudgetArgs {
  readonly settings: Settings;
  readonly resourceGroupId: pulumi.Input<string>;
  readonly actionGroupId: pulumi.Input<string>;
}

/**
 * Mails when the month's cost of the resource group comes near its budget, passes it, or will pass it. It stops
 * nothing.
 */
export class Budget extends pulumi.ComponentResource {
  constructor(name: string, args: BudgetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:monitoring:Budget", name, {}, opts);
    const { settings, resourceGroupId, actionGroupId } = args;
    const notice = (thresholdType: "Actual" | "Forecasted", threshold: number) => ({
      enabled: true,
      operator: "GreaterThan",
      threshold,
      thresholdType,
      contactEmails: settings.monitoring.emails,
      contactGroups: [actionGroupId],
    });
    new consumption.Budget(
      "month",
      {
        scope: resourceGroupId,
        budgetName: nameOf("budget", settings),
        amount: settings.monitoring.monthlyBudget,
        category: "Cost",
        timeGrain: "Monthly",
        timePeriod: { startDate: firstOfMonth(new Date()) },
        notifications: {
          actual80: notice("Actual", 80),
          actual100: notice("Actual", 100),
          forecast100: notice("Forecasted", 100),
        },
      },
      // Azure wants the month in which it is made, and fixes it then.
      { parent: this, ignoreChanges: ["timePeriod"] },
    );
    this.registerOutputs();
  }
}

function firstOfMonth(now: Date): string {
  return `${now.toISOString().slice(0, 7)}-01T00:00:00Z`;
}

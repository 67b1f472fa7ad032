import * as monitor from "@pulumi/azure-native/monitor/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";
import type { Target, TargetIds } from "./targets.ts";

export interface DiagnosticsArgs {
  readonly settings: Settings;
  readonly workspaceId: pulumi.Input<string>;
  readonly targets: TargetIds;
}

interface Logs {
  /** Categories as in Microsoft's lists (azure-monitor/reference/supported-logs, 2025-04). */
  readonly categories: readonly string[];
  /** All metrics of the platform that can be exported, a row a minute each. */
  readonly metrics?: true;
}

/** What each service writes into the workspace. Docs/cost.md has the price of each, and of those that are left out. */
export function logsOf({ monitoring: { logs }, eventHubs }: Settings): Readonly<Partial<Record<Target, Logs>>> {
  return {
    eventHubs: {
      categories: [
        "OperationalLogs",
        "AutoScaleLogs",
        // Errors of clients by minute, not by request.
        "DiagnosticErrorLogs",
        ...when(eventHubs.capture !== undefined, "ArchiveLogs"),
      ],
      // What came in and what went out are compared: no single metric is the backlog.
      metrics: true,
    },
    // A row for each operation on data: 26 billion a month at 10,000 events/s. The aggregated one has a row for each
    // client, too.
    cosmos: { categories: ["ControlPlaneRequests", ...when(logs.cosmosDataPlane, "DataPlaneRequests")] },
    keyVault: { categories: ["AuditEvent"] },
    // Large envelopes that were settled, and whatever somebody deletes by hand. Reads are the host's locks and
    // checkpoints, every few seconds.
    blobs: { categories: ["StorageDelete"] },
    // Of the queue nothing: each look and each work item is a row.
    frontDoor: {
      categories: [
        // Failures only.
        "FrontDoorHealthProbeLog",
        ...when(logs.frontDoorAccess, "FrontDoorAccessLog"),
        // What is allowed is written too: on the ingest paths that is every request.
        ...when(logs.frontDoorFirewall, "FrontDoorWebApplicationFirewallLog"),
      ],
    },
    // Application Insights has the same lines.
    ...(logs.app ? { app: { categories: ["FunctionAppLogs"] } } : {}),
  };
}

function when(condition: boolean, category: string): string[] {
  return condition ? [category] : [];
}

export class Diagnostics extends pulumi.ComponentResource {
  constructor(name: string, args: DiagnosticsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:monitoring:Diagnostics", name, {}, opts);
    const { settings, workspaceId, targets } = args;
    for (const [target, { categories, metrics = false }] of Object.entries(logsOf(settings)) as [Target, Logs][])
      new monitor.DiagnosticSetting(
        target,
        {
          name: "headrace",
          resourceUri: targets[target],
          workspaceId,
          // Tables of their own, where a service has them: fewer columns, and cheaper.
          logAnalyticsDestinationType: "Dedicated",
          logs: categories.map((category) => ({ category, enabled: true })),
          metrics: metrics ? [{ category: "AllMetrics", enabled: true }] : [],
        },
        { parent: this },
      );
    this.registerOutputs();
  }
}

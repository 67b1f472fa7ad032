import type { Settings } from "../config/settings.ts";

/** Azure's built-in roles, by the ids that they have everywhere. */
export const roleIds = {
  eventHubsDataSender: "2b629674-e913-4c01-ae53-ef4638d8f975",
  eventHubsDataReceiver: "a638d3c7-ab3a-418d-83e6-5f17a39d4fde",
  storageBlobDataContributor: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
  storageQueueDataContributor: "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
  storageTableDataContributor: "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
  keyVaultSecretsOfficer: "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
  monitoringMetricsPublisher: "3913510d-42f4-4e42-8a64-420c390055eb",
} as const;

export type RoleName = keyof typeof roleIds;

/**
 * Of Cosmos DB's data plane; a reader's would end in 1. It is given on the database. There it has `readMetadata` on all
 * containers, whose definitions the SDK reads for its work, and readiness to compare them. None of it lets the app
 * change a container.
 */
export const cosmosDataContributor = "00000000-0000-0000-0000-000000000002";

export function builtInRole({ subscriptionId }: Pick<Settings, "subscriptionId">, id: string): string {
  return `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${id}`;
}

/** What a role is given on; `queues`: on each of the product's queues. */
export type Scope = "hub" | "storage" | "queues" | "vault" | "appInsights";

export interface AppRole {
  readonly role: RoleName;
  readonly scope: Scope;
  /** The code that needs it; `host`: the Functions host does. */
  readonly usedBy: readonly string[];
  readonly why: string;
}

/**
 * Everything that the app's identity may do, besides the one role in Cosmos DB: it reads and writes all containers
 * there.
 */
export const appRoles: readonly AppRole[] = [
  {
    role: "eventHubsDataSender",
    scope: "hub",
    usedBy: ["shared/ingest/event-hubs-sender.ts"],
    why: "Ingest sends envelopes",
  },
  {
    role: "eventHubsDataReceiver",
    scope: "hub",
    usedBy: ["functions/dispatch.ts", "shared/pipeline/azure-backlog.ts"],
    why: "The dispatcher reads envelopes, and the backlog is measured",
  },
  {
    // The host lists and makes containers of its own, so a container is too narrow a scope; the account holds nothing
    // that is not this app's.
    role: "storageBlobDataContributor",
    scope: "storage",
    usedBy: ["host", "shared/envelope/blob-claim-store.ts", "shared/secrets/blob-lease.ts"],
    why: "Claims and leases; the host's locks, keys and checkpoints; the deployed package",
  },
  {
    role: "storageQueueDataContributor",
    scope: "queues",
    usedBy: [
      "host",
      "shared/pipeline/storage-work-queue.ts",
      "functions/persist.ts",
      "functions/persist-bulk.ts",
      "functions/persist-poison.ts",
      "functions/do-job.ts",
    ],
    why: "Work items and steps of jobs are put, taken and hidden for longer; the host moves those that failed too often",
  },
  {
    // It makes a table each month.
    role: "storageTableDataContributor",
    scope: "storage",
    usedBy: ["host"],
    why: "The host's diagnostic events",
  },
  {
    role: "keyVaultSecretsOfficer",
    scope: "vault",
    usedBy: ["shared/secrets/key-vault-secret-vault.ts"],
    why: "Secrets are read by all, and made and rotated by the app",
  },
  {
    role: "monitoringMetricsPublisher",
    scope: "appInsights",
    usedBy: ["host"],
    why: "Telemetry, without an instrumentation key's right to send it",
  },
];

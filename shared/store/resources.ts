/**
 * What the product expects to find beside its database (containers.ts), for whoever makes it: the Pulumi program in
 * Azure, the launcher on a laptop. Nothing else names a queue, a blob container or a hub.
 */

/**
 * Storage queues: the two lanes of work items, and what the Functions host of a release up to 0.3.0 moved out of the
 * first. It moves a message that was taken more than `maxDequeueCount` times (host.json): with ours, none. And `jobs`,
 * what asks for steps of jobs: a release that has no jobs takes nothing out of it.
 */
export const queues = { work: "work", workBulk: "work-bulk", workPoison: "work-poison", jobs: "jobs" } as const;

/**
 * Blob containers: `claims` for envelopes that no message can hold and quarantined events that no document can hold;
 * `leases`, a blob each and without content, for what one instance does at a time.
 */
export const blobContainers = { claims: "claims", leases: "leases" } as const;

/**
 * The hub that envelopes go through, and who reads it in which group. Every hub has the group `$Default`. The proof of
 * the account (cli/account/) reads in one of its own, since the dispatcher owns the partitions in its one.
 */
export const eventHub = { name: "events", consumerGroups: { dispatch: "$Default", account: "audit" } } as const;

/** The blob container in which the Functions host keeps its Event Hubs checkpoints. The host makes it. */
export const checkpointContainer = "azure-webjobs-eventhub";

/**
 * What the product expects to find beside its database (containers.ts), for whoever makes it: the Pulumi program in
 * Azure, the launcher on a laptop. Nothing else names a queue, a blob container or a hub.
 */

/**
 * Storage queues. The Functions host moves a message that was taken more than `maxDequeueCount` times (host.json) into
 * the queue with `-poison` at the end of its name: with ours, none.
 */
export const queues = { work: "work", workPoison: "work-poison" } as const;

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

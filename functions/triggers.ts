import { eventHub, queues } from "../shared/store/resources.ts";

/**
 * Every trigger that is not HTTP with its binding, by the method of `app` that registers it. Data only: the Pulumi
 * program reads it too, so that what a function needs is there before it runs.
 */
export const triggers = {
  eventHub: {
    dispatch: {
      connection: "EventHubConnection",
      eventHubName: "%EVENT_HUB_NAME%",
      consumerGroup: eventHub.consumerGroups.dispatch,
      cardinality: "many",
      // Missing in the library's types and passed on all the same; without it the host decodes bytes as text.
      dataType: "binary",
      // The trigger checkpoints a batch that failed: only a retry without end keeps it.
      retry: {
        strategy: "exponentialBackoff",
        maxRetryCount: -1,
        minimumInterval: { seconds: 1 },
        maximumInterval: { seconds: 30 },
      },
    },
  },
  storageQueue: {
    persist: { connection: "AzureWebJobsStorage", queueName: queues.work },
    "persist-bulk": { connection: "AzureWebJobsStorage", queueName: queues.workBulk },
    "persist-poison": { connection: "AzureWebJobsStorage", queueName: queues.workPoison },
    "do-job": { connection: "AzureWebJobsStorage", queueName: queues.jobs },
  },
  timer: {
    // At the start as well, so that the operator's state tells of a run.
    "sweep-ledger": { schedule: "0 23 * * * *", runOnStartup: true },
    "rotate-secrets": { schedule: "0 */5 * * * *", runOnStartup: true },
  },
} as const;

/** The names of these functions. In Azure each of them scales by itself. */
export const backgroundFunctions: readonly string[] = Object.values(triggers).flatMap((kind) => Object.keys(kind));

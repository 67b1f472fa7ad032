import type { TokenCredential } from "@azure/identity";
import type { Connection } from "../config.ts";
import { once } from "../once.ts";
import type { WorkQueue } from "./work-queue.ts";

/** The SDK is loaded when the queue is needed for the first time: instances that only serve HTTP never need it. */
export function createStorageWorkQueue(
  connection: Connection,
  name: string,
  credential: () => TokenCredential,
): WorkQueue {
  const options = {
    retryOptions: { maxTries: 3, tryTimeoutInMs: 10_000, retryDelayInMs: 200, maxRetryDelayInMs: 2_000 },
  };
  const open = once(async () => {
    const { QueueServiceClient } = await import("@azure/storage-queue");
    const service =
      "connectionString" in connection
        ? QueueServiceClient.fromConnectionString(connection.connectionString, options)
        : new QueueServiceClient(connection.host, credential(), options);
    return service.getQueueClient(name);
  });
  return {
    put: async (text, delaySeconds) => {
      // Without a time to live of -1 a message is gone after 7 days, however long an outage lasts.
      await (await open()).sendMessage(text, { visibilityTimeout: delaySeconds, messageTimeToLive: -1 });
    },
    check: async (abortSignal) => {
      await (await open()).getProperties({ abortSignal });
    },
    length: async () => (await (await open()).getProperties()).approximateMessagesCount ?? 0,
  };
}

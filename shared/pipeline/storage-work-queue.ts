import type { TokenCredential } from "@azure/identity";
import { QueueServiceClient } from "@azure/storage-queue";
import type { Connection } from "../config.ts";
import { withDeadline } from "../deadline.ts";
import type { WorkQueue } from "./work-queue.ts";

/** A message is waited for this long, retries included: `tryTimeoutInMs` only tells the server, and one that hangs does not hear it. */
const DEADLINE_MS = 20_000;

export function createStorageWorkQueue(
  connection: Connection,
  name: string,
  credential: () => TokenCredential,
): WorkQueue {
  const options = {
    retryOptions: { maxTries: 3, tryTimeoutInMs: 10_000, retryDelayInMs: 200, maxRetryDelayInMs: 2_000 },
  };
  const service =
    "connectionString" in connection
      ? QueueServiceClient.fromConnectionString(connection.connectionString, options)
      : new QueueServiceClient(connection.host, credential(), options);
  const queue = service.getQueueClient(name);
  return {
    put: async (text, delaySeconds) => {
      // Without a time to live of -1 a message is gone after 7 days, however long an outage lasts.
      const options = { visibilityTimeout: delaySeconds, messageTimeToLive: -1 };
      await withDeadline(DEADLINE_MS, (abortSignal) => queue.sendMessage(text, { ...options, abortSignal }));
    },
    check: async (abortSignal) => {
      await queue.getProperties({ abortSignal });
    },
    length: async () => (await queue.getProperties()).approximateMessagesCount ?? 0,
  };
}

import type { TokenCredential } from "@azure/identity";
import type { Connection } from "../config.ts";
import { withDeadline } from "../runtime/deadline.ts";
import { once } from "../runtime/once.ts";
import type { Lane, WorkQueue } from "./work-queue.ts";

/**
 * How long a message is waited for, retries included. `tryTimeoutInMs` only tells the server, and a server that hangs
 * ignores it.
 */
const DEADLINE_MS = 20_000;

/** The SDK is loaded when the queue is needed for the first time: instances that only serve HTTP never need it. */
export function createStorageWorkQueue(
  connection: Connection,
  names: Readonly<Record<Lane, string>>,
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
    return { work: service.getQueueClient(names.work), bulk: service.getQueueClient(names.bulk) };
  });
  return {
    put: async (text, delaySeconds, lane = "work") => {
      // Without a time to live of -1, a message is gone after 7 days, even if an outage lasts longer.
      const queue = (await open())[lane];
      const options = { visibilityTimeout: delaySeconds, messageTimeToLive: -1 };
      await withDeadline(DEADLINE_MS, (abortSignal) => queue.sendMessage(text, { ...options, abortSignal }));
    },
    check: async (abortSignal) => {
      const { work, bulk } = await open();
      await Promise.all([work.getProperties({ abortSignal }), bulk.getProperties({ abortSignal })]);
    },
    length: async (lane) => (await (await open())[lane].getProperties()).approximateMessagesCount ?? 0,
  };
}

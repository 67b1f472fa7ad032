import type { TokenCredential } from "@azure/identity";
import type { Connection } from "../config.ts";
import { withDeadline } from "../runtime/deadline.ts";
import { once } from "../runtime/once.ts";
import type { QueueName, WorkQueue } from "./work-queue.ts";

/**
 * How long a message is waited for, retries included. `tryTimeoutInMs` only tells the server, and a server that hangs
 * ignores it.
 */
const DEADLINE_MS = 20_000;

/** The SDK is loaded when the queue is needed for the first time: instances that only serve HTTP never need it. */
export function createStorageWorkQueue(
  connection: Connection,
  names: Readonly<Record<QueueName, string>>,
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
    const open = (name: QueueName) => service.getQueueClient(names[name]);
    return { work: open("work"), bulk: open("bulk"), jobs: open("jobs") };
  });
  return {
    put: async (text, delaySeconds, name = "work") => {
      // Without a time to live of -1, a message is gone after 7 days, even if an outage lasts longer.
      const queue = (await open())[name];
      const options = { visibilityTimeout: delaySeconds, messageTimeToLive: -1 };
      await withDeadline(DEADLINE_MS, (abortSignal) => queue.sendMessage(text, { ...options, abortSignal }));
    },
    check: async (abortSignal) => {
      await Promise.all(Object.values(await open()).map((queue) => queue.getProperties({ abortSignal })));
    },
    length: async (name) => (await (await open())[name].getProperties()).approximateMessagesCount ?? 0,
  };
}

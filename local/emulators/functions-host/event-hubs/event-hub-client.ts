import { type CheckpointStore, EventHubConsumerClient, RetryMode } from "@azure/event-hubs";
import { createCredential, resolveConnection } from "../connections.ts";
import { boundPrefetch } from "./bound-prefetch.ts";

/** The SDK would wait 30 s before its first retry, and 10 s before it reopens a receiver that was closed by a fault. */
const CLIENT_OPTIONS = {
  retryOptions: {
    mode: RetryMode.Exponential,
    maxRetries: 3,
    retryDelayInMs: 100,
    maxRetryDelayInMs: 1000,
    timeoutInMs: 20_000,
  },
  loadBalancingOptions: { updateIntervalInMs: 500 },
};

/** A hub named in the connection string (`EntityPath`) wins over the binding's. */
function hubIn(connectionString: string): string | undefined {
  return /(?:^|;)\s*EntityPath\s*=\s*([^;]+)/i.exec(connectionString)?.[1]?.trim();
}

/** @throws HostError when the connection is not set */
export function createEventHubClient(...args: Parameters<typeof openClient>): EventHubConsumerClient {
  const client = openClient(...args);
  boundPrefetch(client);
  return client;
}

function openClient(
  connection: string,
  hub: string,
  consumerGroup: string,
  store: CheckpointStore,
  ownerId: string,
): EventHubConsumerClient {
  const found = resolveConnection(connection, ["fullyQualifiedNamespace"]);
  const options = { ...CLIENT_OPTIONS, identifier: ownerId };
  if ("text" in found) {
    return hubIn(found.text)
      ? new EventHubConsumerClient(consumerGroup, found.text, store, options)
      : new EventHubConsumerClient(consumerGroup, found.text, hub, store, options);
  }
  const namespace = found.section("fullyQualifiedNamespace") ?? "";
  return new EventHubConsumerClient(consumerGroup, namespace, hub, createCredential(found.section), store, options);
}

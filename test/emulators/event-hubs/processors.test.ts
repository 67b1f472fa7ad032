import {
  type CheckpointStore,
  EventHubConsumerClient,
  type LoadBalancingOptions,
  type PartitionContext,
  type ReceivedEventData,
} from "@azure/event-hubs";
import { expect, onTestFinished, test } from "vitest";
import { startCheckpointStore } from "./azurite.ts";
import { createProducer, EARLIEST, FAST_RETRIES, HUB, startEmulator, until } from "./support.ts";

const PARTITIONS = ["0", "1", "2", "3"];
const loadBalancingOptions: LoadBalancingOptions = {
  strategy: "balanced",
  updateIntervalInMs: 300,
  partitionOwnershipExpirationIntervalInMs: 5000,
};

interface Processor {
  readonly owned: Set<string>;
  readonly bodies: number[];
  close(): Promise<void>;
}

/** Processes the whole hub together with its peers, and checkpoints every batch. */
function startProcessor(connectionString: string, store: CheckpointStore): Processor {
  const options = { loadBalancingOptions, retryOptions: FAST_RETRIES };
  const client = new EventHubConsumerClient("$Default", connectionString, HUB, store, options);
  const owned = new Set<string>();
  const bodies: number[] = [];
  const handlers = {
    processInitialize: async ({ partitionId }: PartitionContext) => void owned.add(partitionId),
    processClose: async (_: unknown, { partitionId }: PartitionContext) => void owned.delete(partitionId),
    processError: async () => undefined,
    processEvents: async (events: ReceivedEventData[], context: PartitionContext) => {
      const last = events.at(-1);
      if (!last) return;
      bodies.push(...events.map(({ body }) => body as number));
      await context.updateCheckpoint(last);
    },
  };
  const subscription = client.subscribe(handlers, { startPosition: EARLIEST, maxWaitTimeInSeconds: 1 });
  const close = async (): Promise<void> => {
    await subscription.close();
    await client.close();
  };
  onTestFinished(close);
  return { owned, bodies, close };
}

test("two processors share the partitions; when one ends, the other takes them all and goes on from the checkpoints", async () => {
  const store = await startCheckpointStore();
  const { connectionString } = await startEmulator();
  const producer = createProducer(connectionString);
  let next = 0;
  const sendOneEach = async (): Promise<void> => {
    for (const partitionId of PARTITIONS) await producer.sendBatch([{ body: next++ }], { partitionId });
  };
  const one = startProcessor(connectionString, store);
  await until(() => one.owned.size === 4);
  await sendOneEach();
  await until(() => one.bodies.length >= 4);
  const two = startProcessor(connectionString, store);
  await until(() => one.owned.size === 2 && two.owned.size === 2);
  expect([...one.owned, ...two.owned].toSorted()).toEqual(PARTITIONS);
  await sendOneEach();
  await until(() => new Set([...one.bodies, ...two.bodies]).size === 8);
  await one.close();
  await until(() => two.owned.size === 4);
  await sendOneEach();
  await until(() => new Set([...one.bodies, ...two.bodies]).size === 12);
  // Everything before was checkpointed, so the remaining one got none of it a second time.
  const repeated = two.bodies.filter((body, i) => two.bodies.indexOf(body) !== i);
  expect(repeated).toEqual([]);
  const checkpoints = await store.listCheckpoints("127.0.0.1", HUB, "$Default");
  expect(checkpoints.map(({ partitionId }) => partitionId).toSorted()).toEqual(PARTITIONS);
});

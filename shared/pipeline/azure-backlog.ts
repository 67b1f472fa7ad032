import { EventHubConsumerClient, type PartitionProperties } from "@azure/event-hubs";
import type { TokenCredential } from "@azure/identity";
import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import type { Config } from "../config.ts";
import { checkpointContainer, eventHub } from "../store/resources.ts";
import type { Backlog, ReadBacklog } from "./backlog.ts";
import { createFindStanding, type PartitionState } from "./find-standing.ts";
import type { WorkQueue } from "./work-queue.ts";

const GROUP = eventHub.consumerGroups.dispatch;
/** An answer is shared for this long: readers may ask often, and management links are few. */
const SHARED_MS = 1_000;
const TIMEOUT_MS = 5_000;
/** The dispatcher tries again after 30 s at most. */
const STANDS_AFTER_MS = 60_000;

/**
 * Compares what Event Hubs holds with the checkpoints of the Functions host.
 *
 * @param options.standsAfterMs how long a message waits before its partition counts as standing
 */
export function createAzureBacklog(
  config: Config,
  queue: WorkQueue,
  credential: () => TokenCredential,
  { standsAfterMs = STANDS_AFTER_MS } = {},
): ReadBacklog {
  const findStanding = createFindStanding(standsAfterMs);
  const { eventHubs, eventHubName: hub, blobs } = config;
  const retryOptions = { maxRetries: 0, timeoutInMs: TIMEOUT_MS };
  const consumer =
    "connectionString" in eventHubs
      ? new EventHubConsumerClient(GROUP, eventHubs.connectionString, hub, { retryOptions })
      : new EventHubConsumerClient(GROUP, eventHubs.host, hub, credential(), { retryOptions });
  const service =
    "connectionString" in blobs
      ? BlobServiceClient.fromConnectionString(blobs.connectionString)
      : new BlobServiceClient(blobs.host, credential());
  const checkpoints = service.getContainerClient(checkpointContainer);

  const measure = async (): Promise<Backlog> => {
    const abortSignal = AbortSignal.timeout(TIMEOUT_MS);
    const ids = await consumer.getPartitionIds({ abortSignal });
    const [checkpointed, work_items, ...partitions] = await Promise.all([
      readCheckpoints(checkpoints, `${consumer.fullyQualifiedNamespace}/${hub}/${GROUP}`),
      queue.length(),
      ...ids.map((id) => consumer.getPartitionProperties(id, { abortSignal })),
    ]);
    const states = partitions.map((partition) => toState(partition, checkpointed.get(partition.partitionId)));
    const envelopes_to_dispatch = states.reduce((sum, { envelopes }) => sum + envelopes, 0);
    const standing_partitions = findStanding(states, Date.now());
    return { envelopes_to_dispatch, work_items, standing_partitions, measured_at: new Date().toISOString() };
  };

  let shared: { readonly at: number; readonly answer: Promise<Backlog> } | undefined;
  return () => {
    const now = performance.now();
    if (shared === undefined || now - shared.at > SHARED_MS) shared = { at: now, answer: measure() };
    return shared.answer;
  };
}

/** Sequence numbers of the last messages that are done, by partition. */
async function readCheckpoints(container: ContainerClient, of: string): Promise<Map<string, number>> {
  const prefix = `${of}/checkpoint/`.toLowerCase();
  const sequences = new Map<string, number>();
  if (!(await container.exists())) return sequences;
  for await (const blob of container.listBlobsFlat({ prefix, includeMetadata: true })) {
    const sequence = Number(blob.metadata?.sequencenumber ?? Number.NaN);
    if (Number.isFinite(sequence)) sequences.set(blob.name.slice(prefix.length), sequence);
  }
  return sequences;
}

function toState(partition: PartitionProperties, checkpoint: number | undefined): PartitionState {
  const { partitionId, isEmpty, beginningSequenceNumber, lastEnqueuedSequenceNumber, lastEnqueuedOnUtc } = partition;
  const waiting = lastEnqueuedSequenceNumber - (checkpoint ?? beginningSequenceNumber - 1);
  const envelopes = isEmpty ? 0 : Math.max(0, waiting);
  return { partitionId, checkpoint, envelopes, lastEnqueuedAt: lastEnqueuedOnUtc };
}

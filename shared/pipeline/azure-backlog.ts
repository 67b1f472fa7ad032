import { EventHubConsumerClient, MessagingError, type PartitionProperties } from "@azure/event-hubs";
import type { TokenCredential } from "@azure/identity";
import { BlobServiceClient, type ContainerClient, RestError } from "@azure/storage-blob";
import type { Config } from "../config.ts";
import { NotReadyError } from "../runtime/not-ready-error.ts";
import { checkpointContainer, eventHub } from "../store/resources.ts";
import type { PartitionState, ReadPartitions } from "./partition-state.ts";

const GROUP = eventHub.consumerGroups.dispatch;
const TIMEOUT_MS = 5_000;

/** What Event Hubs holds, beside the checkpoints of the Functions host. */
export function createAzurePartitions(config: Config, credential: () => TokenCredential): ReadPartitions {
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

  const names = `${consumer.fullyQualifiedNamespace}/${hub}/${GROUP}`;

  const read: ReadPartitions = async () => {
    const abortSignal = AbortSignal.timeout(TIMEOUT_MS);
    // Checkpoints first: the other way round, a partition that moves meanwhile would seem to end before its own.
    const [ids, checkpointed] = await Promise.all([
      consumer.getPartitionIds({ abortSignal }),
      readCheckpoints(checkpoints, names),
    ]);
    const partitions = await Promise.all(ids.map((id) => consumer.getPartitionProperties(id, { abortSignal })));
    return partitions.map((partition) => toState(partition, checkpointed.get(partition.partitionId)));
  };
  return () =>
    read().catch((error: unknown) => {
      throw nameRefusal(error);
    });
}

/** What to say of an error of reading: a role that is missing stays so, other errors pass. */
export function nameRefusal(error: unknown): unknown {
  if (error instanceof RestError && error.statusCode === 403)
    return new NotReadyError(`the app's identity may not read the blobs of ${checkpointContainer}`, { cause: error });
  if (error instanceof MessagingError && error.code === "UnauthorizedError")
    return new NotReadyError("the app's identity may not read from the event hub", { cause: error });
  return error;
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
  const { partitionId, isEmpty, beginningSequenceNumber, lastEnqueuedSequenceNumber: last } = partition;
  const waiting = last - (checkpoint ?? beginningSequenceNumber - 1);
  const envelopes = isEmpty ? 0 : Math.max(0, waiting);
  return { partitionId, checkpoint, last, envelopes, lastEnqueuedAt: partition.lastEnqueuedOnUtc };
}

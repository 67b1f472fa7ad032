import type { EventHubConsumerClient } from "@azure/event-hubs";
import type { BlobClient, ContainerClient } from "@azure/storage-blob";
import type { logAs } from "../listener.ts";

export interface BeginAnewDeps {
  readonly client: EventHubConsumerClient;
  readonly consumerGroup: string;
  /** Where the checkpoints are. */
  readonly container: ContainerClient;
  readonly report: ReturnType<typeof logAs>;
}

interface Checkpoint {
  readonly etag: string;
  readonly sequenceNumber: number;
  readonly offset: string | undefined;
}

/**
 * Removes the checkpoint of a partition that ends before it, so that the partition is read anew: the hub was made
 * again, or has lost its end with the power. The real host keeps such a checkpoint. It cannot read before the hub has
 * grown past it, and never hands over what came in meanwhile. Where functions may be called twice for an event, that is
 * worse.
 */
export async function beginAnewWhenCutShort(
  { client, consumerGroup, container, report }: BeginAnewDeps,
  partitionId: string,
): Promise<void> {
  const path = `${client.fullyQualifiedNamespace}/${client.eventHubName}/${consumerGroup}/checkpoint/${partitionId}`;
  const blob = container.getBlobClient(path.toLowerCase());
  // Read before the end is: a partition that moves meanwhile only seems to be longer.
  const checkpoint = await readCheckpoint(blob);
  if (!checkpoint) return;
  const { lastEnqueuedSequenceNumber: last, lastEnqueuedOffset } = await client.getPartitionProperties(partitionId);
  const { sequenceNumber, offset = lastEnqueuedOffset } = checkpoint;
  if (sequenceNumber < last || (sequenceNumber === last && offset === lastEnqueuedOffset)) return;
  await blob.deleteIfExists({ conditions: { ifMatch: checkpoint.etag } });
  report(
    "warning",
    `Partition ${partitionId}: it ends at ${last} and its checkpoint is at ${sequenceNumber}, so the hub was made again ` +
      "or has lost its end. The partition is read anew; the real host would not.",
  );
}

async function readCheckpoint(blob: BlobClient): Promise<Checkpoint | undefined> {
  if (!(await blob.exists())) return undefined;
  const { metadata = {}, etag = "" } = await blob.getProperties();
  const sequenceNumber = Number(metadata.sequencenumber ?? Number.NaN);
  return Number.isFinite(sequenceNumber) ? { etag, sequenceNumber, offset: metadata.offset || undefined } : undefined;
}

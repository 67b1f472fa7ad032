import type { Checkpoint, CheckpointStore, EventPosition } from "@azure/event-hubs";
import { BlobCheckpointStore } from "@azure/eventhubs-checkpointstore-blob";
import type { ContainerClient } from "@azure/storage-blob";
import type { PartitionNames } from "./event-data.ts";

export interface Checkpoints {
  /** For the SDK, which knows offsets alone: checkpoints without one are not in its list. */
  readonly store: CheckpointStore;
  /** Where a partition goes on whose checkpoint has a sequence number alone: someone wrote it by hand. */
  positionOf(names: PartitionNames): Promise<EventPosition | undefined>;
}

/**
 * Checkpoints as the real trigger reads them: by the offset, and by the sequence number when there is none
 * (azure-sdk-for-net `BlobCheckpointStoreInternal.cs`, `CreateCheckpoint`).
 */
export function createCheckpoints(container: ContainerClient): Checkpoints {
  const blobs = new BlobCheckpointStore(container);

  async function list(fullyQualifiedNamespace: string, eventHubName: string, consumerGroup: string) {
    const prefix = `${fullyQualifiedNamespace}/${eventHubName}/${consumerGroup}/checkpoint/`.toLowerCase();
    const found: Checkpoint[] = [];
    for await (const { name, metadata = {} } of container.listBlobsFlat({ prefix, includeMetadata: true })) {
      const { offset = "", sequencenumber } = metadata;
      const partitionId = name.slice(prefix.length);
      const sequenceNumber = Number(sequencenumber);
      found.push({ fullyQualifiedNamespace, eventHubName, consumerGroup, partitionId, offset, sequenceNumber });
    }
    return found;
  }

  return {
    store: {
      listOwnership: (...args) => blobs.listOwnership(...args),
      claimOwnership: (...args) => blobs.claimOwnership(...args),
      updateCheckpoint: (...args) => blobs.updateCheckpoint(...args),
      listCheckpoints: async (namespace, hub, group) =>
        (await list(namespace, hub, group)).filter(({ offset }) => offset !== ""),
    },
    positionOf: async ({ fullyQualifiedNamespace, eventHubName, consumerGroup, partitionId }) => {
      const all = await list(fullyQualifiedNamespace, eventHubName, consumerGroup);
      const own = all.find((checkpoint) => checkpoint.partitionId === partitionId);
      if (own?.offset !== "" || !Number.isFinite(own.sequenceNumber)) return undefined;
      return { sequenceNumber: own.sequenceNumber, isInclusive: false };
    },
  };
}

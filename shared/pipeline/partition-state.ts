import { withDeadline } from "../runtime/deadline.ts";
import { NotReadyError } from "../runtime/not-ready-error.ts";
import { reached } from "../runtime/reached.ts";

/** A partition of the hub as Event Hubs and its checkpoint tell it. */
export interface PartitionState {
  readonly partitionId: string;
  /** Sequence number of the last message that is done; undefined: there is no checkpoint. */
  readonly checkpoint: number | undefined;
  /** Sequence number of the last message that was ever taken; -1: none was. */
  readonly last: number;
  /** Messages that wait. */
  readonly envelopes: number;
  readonly lastEnqueuedAt: Date;
}

/** Throws a NotReadyError when a role is missing, and another error when the services do not answer in time. */
export type ReadPartitions = () => Promise<readonly PartitionState[]>;

/**
 * A partition that ends before its checkpoint: the hub was made again, failed over, or has lost its end. The dispatcher
 * cannot read it before it has grown past the checkpoint, and what is accepted meanwhile is never dispatched.
 */
export interface CutShortPartition {
  readonly partition_id: string;
  readonly checkpoint: number;
  /** -1: the partition never had a message. */
  readonly last: number;
}

export function findCutShort(partitions: readonly PartitionState[]): CutShortPartition[] {
  return partitions.flatMap(({ partitionId: partition_id, checkpoint = -1, last }) =>
    checkpoint > last ? [{ partition_id, checkpoint, last }] : [],
  );
}

/** Less than readiness waits for a check. */
const TELL_MS = 1_500;

/**
 * Throws a NotReadyError that names the partitions which end before their checkpoints, or says that reading them is
 * refused. Where nobody answers, that is not a verdict: Event Hubs and the blobs have checks of their own.
 */
export async function checkCheckpoints(readPartitions: ReadPartitions): Promise<void> {
  const partitions = await withDeadline(TELL_MS, readPartitions).catch((error: unknown) => {
    if (error instanceof NotReadyError) throw error;
    return [];
  });
  const ids = findCutShort(partitions).map(({ partition_id }) => partition_id);
  if (ids.length === 0) return;
  reached("hub-ends-before-checkpoint");
  throw new NotReadyError(
    `the event hub ends before its checkpoints, and what is accepted would be lost: partitions ${ids.join(", ")}`,
  );
}

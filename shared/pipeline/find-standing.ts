import { reached } from "../runtime/reached.ts";
import type { PartitionState } from "./partition-state.ts";

/** A partition whose next message waits for longer than any retry takes: docs/runbook.md says what to do. */
export interface StandingPartition {
  readonly partition_id: string;
  /** Sequence number of the last message that is done; null: none is, yet. */
  readonly after: number | null;
  readonly envelopes: number;
  /** A message is known to have waited since then; others may have waited for longer. */
  readonly waiting_since: string;
}

export type FindStanding = (partitions: readonly PartitionState[], now: number) => StandingPartition[];

/**
 * Tells the partitions in which a message has waited for `standsAfterMs` while nothing was done. Nothing tells when the
 * oldest message that waits came in, but the newest one's time is known, and it still waits as long as the checkpoint
 * stays where it was. So a busy partition is found out once it has been looked at for that long.
 */
export function createFindStanding(standsAfterMs: number): FindStanding {
  const seen = new Map<string, { readonly checkpoint: number | undefined; readonly waitingSince: number }>();

  const waitingSinceOf = ({ partitionId, checkpoint, lastEnqueuedAt }: PartitionState): number => {
    const before = seen.get(partitionId);
    if (before && before.checkpoint === checkpoint) return before.waitingSince;
    const waitingSince = lastEnqueuedAt.getTime();
    seen.set(partitionId, { checkpoint, waitingSince });
    return waitingSince;
  };

  return (partitions, now) =>
    partitions.flatMap((partition) => {
      const { partitionId, checkpoint, envelopes } = partition;
      if (envelopes === 0) {
        seen.delete(partitionId);
        return [];
      }
      const since = waitingSinceOf(partition);
      if (now - since < standsAfterMs) return [];
      reached("partition-stands");
      const waiting_since = new Date(since).toISOString();
      return [{ partition_id: partitionId, after: checkpoint ?? null, envelopes, waiting_since }];
    });
}

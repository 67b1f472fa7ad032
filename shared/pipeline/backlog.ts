import type { Logger } from "../telemetry/log.ts";

/** Accepted work that has no outcome yet, of all orgs together. */
export interface Backlog {
  /** Envelopes in Event Hubs that no work item has taken up. */
  readonly envelopes_to_dispatch: number;
  /** Work items that wait or are being worked on. The number is rough. */
  readonly work_items: number;
  /** Partitions of the hub that do not move; what waits there is among `envelopes_to_dispatch`. */
  readonly standing_partitions: readonly StandingPartition[];
  readonly measured_at: string;
}

/** A partition whose next message waits for longer than any retry takes: docs/runbook.md says what to do. */
export interface StandingPartition {
  readonly partition_id: string;
  /** Sequence number of the last message that is done; null: none is, yet. */
  readonly after: number | null;
  readonly envelopes: number;
  /** A message is known to have waited since then; others may have waited for longer. */
  readonly waiting_since: string;
}

/** Throws when the services do not answer in time. */
export type ReadBacklog = () => Promise<Backlog>;

/**
 * The backlog as an answer shows it. Null, with a line in the log, when it cannot be told; the rest of the answer
 * stands without it.
 */
export async function tellBacklog(readBacklog: ReadBacklog, log: Logger): Promise<Backlog | null> {
  try {
    const backlog = await readBacklog();
    for (const partition of backlog.standing_partitions)
      log.warn("a partition of the event hub does not move", { ...partition });
    return backlog;
  } catch (error) {
    log.warn("the backlog cannot be told", { error });
    return null;
  }
}

import { reached } from "../runtime/reached.ts";
import type { Logger } from "../telemetry/log.ts";
import { createFindStanding, type StandingPartition } from "./find-standing.ts";
import { type CutShortPartition, findCutShort, type ReadPartitions } from "./partition-state.ts";
import type { WorkQueue } from "./work-queue.ts";

/** Accepted work that has no outcome yet, of all orgs together. */
export interface Backlog {
  /** Envelopes in Event Hubs that no work item has taken up. */
  readonly envelopes_to_dispatch: number;
  /** Work items that wait or are being worked on, in both lanes. The number is rough. */
  readonly work_items: number;
  /** Those of them that are in the lane of large orgs, and of what was put back more than once. */
  readonly bulk_work_items: number;
  /** Partitions of the hub of which nothing can be dispatched: docs/runbook.md says what to do. */
  readonly cut_short_partitions: readonly CutShortPartition[];
  /** Partitions of the hub that do not move; what waits there is among `envelopes_to_dispatch`. */
  readonly standing_partitions: readonly StandingPartition[];
  readonly measured_at: string;
}

/** Throws when the services do not answer in time. */
export type ReadBacklog = () => Promise<Backlog>;

/** An answer is shared for this long: readers may ask often, and management links are few. */
const SHARED_MS = 1_000;
/** The dispatcher tries again after 30 s at most. */
const STANDS_AFTER_MS = 60_000;

/** @param options.standsAfterMs how long a message waits before its partition counts as standing */
export function createReadBacklog(
  readPartitions: ReadPartitions,
  queue: Pick<WorkQueue, "length">,
  { standsAfterMs = STANDS_AFTER_MS } = {},
): ReadBacklog {
  const findStanding = createFindStanding(standsAfterMs);
  const measure = async (): Promise<Backlog> => {
    const [partitions, work, bulk] = await Promise.all([readPartitions(), queue.length("work"), queue.length("bulk")]);
    return {
      envelopes_to_dispatch: partitions.reduce((sum, { envelopes }) => sum + envelopes, 0),
      work_items: work + bulk,
      bulk_work_items: bulk,
      standing_partitions: findStanding(partitions, Date.now()),
      cut_short_partitions: findCutShort(partitions),
      measured_at: new Date().toISOString(),
    };
  };
  let shared: { readonly at: number; readonly answer: Promise<Backlog> } | undefined;
  return () => {
    const now = performance.now();
    if (shared === undefined || now - shared.at > SHARED_MS) shared = { at: now, answer: measure() };
    return shared.answer;
  };
}

/**
 * The backlog as an answer shows it. Null, with a line in the log, when it cannot be told; the rest of the answer
 * stands without it.
 */
export async function tellBacklog(readBacklog: ReadBacklog, log: Logger): Promise<Backlog | null> {
  try {
    const backlog = await readBacklog();
    for (const partition of backlog.cut_short_partitions)
      log.error("a partition of the event hub ends before its checkpoint", { ...partition });
    for (const partition of backlog.standing_partitions)
      log.warn("a partition of the event hub does not move", { ...partition });
    return backlog;
  } catch (error) {
    reached("backlog-not-told");
    log.warn("the backlog cannot be told", { error });
    return null;
  }
}

import type { Logger } from "../telemetry/log.ts";

/** Accepted work that has no outcome yet, of all orgs together. */
export interface Backlog {
  /** Envelopes in Event Hubs that no work item has taken up. */
  readonly envelopes_to_dispatch: number;
  /** Work items that wait or are being worked on. The number is rough. */
  readonly work_items: number;
  readonly measured_at: string;
}

/** Throws when the services do not answer in time. */
export type ReadBacklog = () => Promise<Backlog>;

/**
 * The backlog as an answer shows it. Null, with a line in the log, when it cannot be told; the rest of the answer
 * stands without it.
 */
export async function tellBacklog(readBacklog: ReadBacklog, log: Logger): Promise<Backlog | null> {
  try {
    return await readBacklog();
  } catch (error) {
    log.warn("the backlog cannot be told", { error });
    return null;
  }
}

import type { Logger } from "../telemetry/log.ts";

/** What has been accepted and has no outcome yet, of all orgs together. */
export interface Backlog {
  /** Envelopes in Event Hubs that no work item has taken up. */
  readonly envelopes_to_dispatch: number;
  /** Work items that wait or are being worked on; roughly. */
  readonly work_items: number;
  readonly measured_at: string;
}

/** Throws when the services do not answer in time. */
export type ReadBacklog = () => Promise<Backlog>;

/**
 * The backlog as an answer shows it: null, and a line in the log, when it cannot be told; the rest of the answer stands
 * without it.
 */
export async function tellBacklog(readBacklog: ReadBacklog, log: Logger): Promise<Backlog | null> {
  try {
    return await readBacklog();
  } catch (error) {
    log.warn("the backlog cannot be told", { error });
    return null;
  }
}

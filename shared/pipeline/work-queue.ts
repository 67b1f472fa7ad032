/**
 * The lanes in which work items wait, each with a function of its own, so that what is in `bulk` holds up nothing in
 * `work`: docs/adr/0042.
 */
export type Lane = "work" | "bulk";

/** The lanes, and where messages wait that ask for steps of jobs (shared/jobs). */
export type QueueName = Lane | "jobs";

/** Where work waits. Every method throws when a queue that it needs does not answer. */
export interface WorkQueue {
  /** The message becomes visible after `delaySeconds`, and never expires. */
  put(text: string, delaySeconds: number, queue?: QueueName): Promise<void>;
  /** Roughly how many messages there are in a queue, hidden ones included. */
  length(queue: QueueName): Promise<number>;
  /** Throws unless all of them can be reached. */
  check(signal: AbortSignal): Promise<void>;
}

/** The most that a Storage Queue message takes, in bytes of text (64 KiB, `messageEncoding: none`). */
export const MAX_MESSAGE_BYTES = 64 * 1024;

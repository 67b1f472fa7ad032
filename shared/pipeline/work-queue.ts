/** Where work items wait to be persisted. Every method throws when the queue does not answer. */
export interface WorkQueue {
  /** The message becomes visible after `delaySeconds`, and never expires. */
  put(text: string, delaySeconds: number): Promise<void>;
  /** Roughly how many messages there are, hidden ones included. */
  length(): Promise<number>;
  /** Throws unless the queue can be reached. */
  check(signal: AbortSignal): Promise<void>;
}

/** The most that a Storage Queue message takes, in bytes of text (64 KiB, `messageEncoding: none`). */
export const MAX_MESSAGE_BYTES = 64 * 1024;

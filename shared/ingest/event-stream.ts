/** Where accepted envelopes go. */
export interface EventStream {
  /**
   * Resolves when the stream has acknowledged the message, which is durable then. Throws AppError `stream_unavailable`
   * when that has not happened in time; the message may be in all the same.
   */
  publish(message: Buffer): Promise<void>;
  /**
   * Connects, so that the first message finds the way open. Throws when that has not happened in time; messages try
   * again by themselves.
   */
  open(): Promise<void>;
  /** Throws unless the stream can be reached. */
  check(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/**
 * The largest message that travels inline; a larger one is written to a blob first. With the batches of host.json it
 * bounds what an instance holds of the partitions that it reads (test/infra/message-bytes.test.ts).
 */
export const MAX_INLINE_BYTES = 32 * 1024;

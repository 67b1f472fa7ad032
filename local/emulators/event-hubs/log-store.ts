/** The port between the protocol and the store that keeps the events of a hub. */

/** An event as it is kept: `message` is the encoded AMQP message as it was sent. */
export interface StoredEvent {
  readonly sequenceNumber: number;
  /** Position in the partition; grows, but not by one. Travels as a string. */
  readonly offset: number;
  /** Milliseconds since the epoch; never decreases within a partition. */
  readonly enqueuedAt: number;
  readonly message: Buffer;
}

/** The newest event of a partition, also when it has expired. Before the first one: -1, -1 and the year 1. */
export type LastEnqueued = Omit<StoredEvent, "message">;

export const NOTHING_ENQUEUED: LastEnqueued = {
  sequenceNumber: -1,
  offset: -1,
  enqueuedAt: Date.parse("0001-01-01T00:00:00Z"),
};

/** Where a reader starts. `latest` is the end at the time when it is opened. */
export type StartPosition =
  | { readonly by: "latest" }
  | { readonly by: "sequenceNumber" | "offset" | "enqueuedAt"; readonly value: number; readonly inclusive: boolean };

export interface LogReader {
  /** The next event, or undefined when the reader is at the end for now. */
  next(): StoredEvent | undefined;
}

/** One partition: events in the order in which they were enqueued, numbered without gaps. */
export interface PartitionLog {
  /**
   * Enqueues all messages, next to each other, or none. Resolves with the last of them once a killed process would
   * not lose them; rejects when they could not be written.
   */
  append(messages: readonly Buffer[]): Promise<LastEnqueued>;
  openReader(start: StartPosition): LogReader;
  /** Calls the listener after each append; returns a function that ends it. */
  onAppend(listener: () => void): () => void;
  lastEnqueued(): LastEnqueued;
  /** Sequence number of the oldest event that is kept; one more than the last when nothing is. */
  firstSequenceNumber(): number;
  /** Drops events past their retention. */
  expire(): void;
  close(): void;
}

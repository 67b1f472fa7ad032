import type { AmqpFailure } from "./amqp-error.ts";
import type { WriteBytes } from "./segment.ts";

/**
 * Faults that tests inject. Each operation asks its hook once; undefined means: go on as usual. `drop` ends the TCP
 * connection without a word, as a lost network does.
 */
export type Fault =
  | { readonly do: "reject" | "detach"; readonly error: AmqpFailure }
  | { readonly do: "drop" }
  | { readonly do: "delay"; readonly ms: number };

/** The acknowledgement never comes: the client does not know that its events are in. */
export type LostAcknowledgement = { readonly do: "lose" };

export interface AttachPoint {
  readonly role: "producer" | "consumer";
  readonly address: string;
}

export interface SendPoint {
  readonly hub: string;
  readonly partition: number;
  readonly events: number;
  readonly bytes: number;
}

interface DeliverPoint {
  readonly hub: string;
  readonly consumerGroup: string;
  readonly partition: number;
  readonly sequenceNumber: number;
}

export interface FaultHooks {
  /** A link is about to be opened. */
  attach?(point: AttachPoint): AmqpFailure | undefined;
  /** A publication has arrived and is not written yet. */
  send?(point: SendPoint): Fault | undefined;
  /** Writes records to the disk; may fail as a disk does, half way too. */
  write?: WriteBytes;
  /** A publication is written and not acknowledged yet. */
  acknowledge?(point: SendPoint): Fault | LostAcknowledgement | undefined;
  /**
   * An event is about to go to a receiver. It is not skipped: after a delay, or by the next receiver, it comes again.
   */
  deliver?(point: DeliverPoint): Exclude<Fault, { do: "reject" | "detach" }> | DetachFault | undefined;
}

type DetachFault = { readonly do: "detach"; readonly error: AmqpFailure };

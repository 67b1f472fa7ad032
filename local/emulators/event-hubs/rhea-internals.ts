import type { Socket } from "node:net";
// biome-ignore lint/correctness/noUnresolvedImports: a CommonJS module whose export is an object, to Node the default
import rhea, { type Connection, type Delivery, type Receiver, type Sender, type Session } from "rhea";

/**
 * The parts of rhea 3 that the emulator needs and rhea's types do not show, in one place. Checked against
 * lib/session.js and lib/connection.js of 3.0.5.
 */

interface TransferFrame {
  readonly performative: { message_format: number | null | undefined };
}

interface SessionInternals {
  on_transfer: (frame: TransferFrame) => void;
  _get_link(frame: TransferFrame): Receiver;
  readonly outgoing: { readonly next_delivery_id: number; readonly next_pending_delivery: number };
}

// For tests, which have rhea through this package alone.
export type { Connection, EventContext, Receiver, ReceiverOptions, Sender, SenderOptions } from "rhea";
export { rhea };

/** Stands for the standard format, which rhea would decode; it hands on the bytes of any other. */
const RAW_FORMAT = 0xf0000000;

/** Makes rhea hand on the bytes of every message on the links that `isRaw` names, instead of decoding them. */
export function receiveRaw(session: Session, isRaw: (receiver: Receiver) => boolean): void {
  const internals = session as unknown as SessionInternals;
  const onTransfer = internals.on_transfer.bind(session);
  internals.on_transfer = (frame) => {
    if (!frame.performative.message_format && isRaw(internals._get_link(frame))) {
      frame.performative.message_format = RAW_FORMAT;
    }
    onTransfer(frame);
  };
}

interface ConnectionInternals {
  on_disposition: (frame: { readonly channel: number }) => void;
  readonly remote_channel_map: Readonly<Record<number, Session | undefined>>;
}

/**
 * The SDKs settle deliveries that were on their way when they ended the session, so their dispositions come after the
 * end. rhea takes that for a broken protocol and hangs up on all links of the connection; Event Hubs does not mind.
 */
export function forgiveLateDispositions(connection: Connection): void {
  const internals = connection as unknown as ConnectionInternals;
  const onDisposition = internals.on_disposition.bind(connection);
  internals.on_disposition = (frame) => {
    if (internals.remote_channel_map[frame.channel]) onDisposition(frame);
  };
}

/** The content of a receiver's "message" event for a raw message. */
export function rawMessage(context: object): { message: Buffer; format: number; delivery: Delivery } {
  return context as { message: Buffer; format: number; delivery: Delivery };
}

/** Deliveries that were given to the session and did not fit into the peer's credit or window yet. */
export function countUnsent(session: Session): number {
  const { outgoing } = session as unknown as SessionInternals;
  return outgoing.next_delivery_id - outgoing.next_pending_delivery;
}

/** Deliveries that the peer allows on this link; goes down when they are on the wire, not when they are queued. */
export function creditOf(sender: Sender): number {
  return (sender as unknown as { credit: number }).credit;
}

/** Ends a drain: there are no more events, so the remaining credit goes back. */
export function returnCredit(sender: Sender): void {
  sender.set_drained(true);
  // rhea only notes that it is to be said, and says it at its next turn.
  (sender.connection as unknown as { _register(): void })._register();
}

export function socketOf(connection: Connection): Socket {
  return connection.socket as Socket;
}

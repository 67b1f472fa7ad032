import { once } from "node:events";
import { onTestFinished } from "vitest";
import {
  type Connection,
  type EventContext,
  type Receiver,
  type ReceiverOptions,
  rhea,
  type Sender,
  type SenderOptions,
} from "../../../local/emulators/event-hubs/rhea-internals.ts";

/** An AMQP connection without an SDK, for behaviour that no Event Hubs SDK shows. */
export function connectRaw(endpoint: string): Connection {
  const { hostname: host, port } = new URL(endpoint.replace("sb:", "http:"));
  const container = rhea.create_container();
  container.on("error", () => undefined);
  const connection = container.connect({ host, port: Number(port), reconnect: false });
  connection.on("disconnected", () => undefined);
  onTestFinished(() => connection.close());
  return connection;
}

export async function openSender(connection: Connection, options: SenderOptions): Promise<Sender> {
  const sender = connection.open_sender(options);
  await once(sender, "sendable");
  return sender;
}

/** A receiver that gives no credit of its own accord, and the messages that it has received. */
export function openReceiver(
  connection: Connection,
  address: string,
  options: ReceiverOptions = {},
): { receiver: Receiver; received: EventContext[] } {
  const receiver = connection.open_receiver({ source: { address }, credit_window: 0, ...options });
  const received: EventContext[] = [];
  receiver.on("message", (context: EventContext) => received.push(context));
  return { receiver, received };
}

/** The condition with which the other side closes a link. */
export async function refusalOf(link: Sender | Receiver): Promise<string | undefined> {
  const event = link.is_receiver() ? "receiver_error" : "sender_error";
  await once(link, event);
  return link.error && "condition" in link.error ? link.error.condition : undefined;
}

import type { Delivery, EventContext, Receiver } from "rhea";
import { MalformedMessage } from "./amqp-bytes.ts";
import { failureOf, Refusal } from "./amqp-error.ts";
import { logOf, type ProducerEntity } from "./entities.ts";
import { type Publication, readPublication } from "./event-codec.ts";
import type { Fault, FaultHooks, LostAcknowledgement, SendPoint } from "./faults.ts";
import { choosePartition } from "./partition-key.ts";
import { rawMessage, socketOf } from "./rhea-internals.ts";

/** Bytes of an event or a batch on the Standard and Premium tiers. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

interface ProducerDeps {
  readonly faults: FaultHooks;
  /** The partition for events without a key; called once for each publication. */
  nextPartition(hub: ProducerEntity["hub"]): number;
  /** Refuse what is sent: the numbers of an idempotent producer are not compared here. */
  readonly isIdempotent: boolean;
}

/** Takes a producer's events on this link: written first, acknowledged then. */
export function servePublications(receiver: Receiver, entity: ProducerEntity, deps: ProducerDeps): void {
  receiver.on("message", (context: EventContext) => {
    // What is still on its way to a link that was closed is for nobody (AMQP 1.0, 2.6.6).
    if (!receiver.is_open()) return;
    const { message, format, delivery } = rawMessage(context);
    void publish(message, format)
      .catch((error: unknown) => ({ do: "reject", error: failureOf(error) }) as const)
      .then((fault) => settle(delivery, fault));
  });

  async function publish(message: Buffer, format: number): Promise<Fault | LostAcknowledgement | undefined> {
    if (deps.isIdempotent) throw new Refusal("amqp:not-implemented", "The emulator has no idempotent producers.");
    const publication = readWithinLimits(message, format);
    const partition = entity.partition ?? partitionFor(publication);
    const { events } = publication;
    const point: SendPoint = { hub: entity.hub.name, partition, events: events.length, bytes: message.length };
    const early = await afterDelay(deps.faults.send?.(point));
    if (early) return early;
    await logOf(entity.hub, partition).append(events);
    return await afterDelay(deps.faults.acknowledge?.(point));
  }

  function partitionFor({ partitionKey }: Publication): number {
    if (partitionKey === undefined) return deps.nextPartition(entity.hub);
    return choosePartition(partitionKey, entity.hub.partitionCount);
  }

  function settle(delivery: Delivery, fault: Fault | LostAcknowledgement | undefined): void {
    // Whatever was in flight when its link went is not answered any more, stored or not.
    if (!receiver.is_open()) return;
    if (!fault) delivery.accept();
    else if (fault.do === "reject") delivery.reject(fault.error);
    else if (fault.do === "detach") receiver.close(fault.error);
    else if (fault.do === "drop") socketOf(receiver.connection).destroy(new Error("dropped by a fault"));
  }
}

async function afterDelay<F extends Fault | LostAcknowledgement>(fault: F | undefined): Promise<F | undefined> {
  if (fault?.do !== "delay") return fault;
  await new Promise((resolve) => setTimeout(resolve, fault.ms));
  return undefined;
}

function readWithinLimits(message: Buffer, format: number): Publication {
  if (message.length > MAX_MESSAGE_BYTES) {
    throw new Refusal(
      "amqp:link:message-size-exceeded",
      `The received message (size:${message.length} bytes) exceeds the limit (${MAX_MESSAGE_BYTES} bytes) currently allowed on the link.`,
    );
  }
  try {
    return readPublication(message, format);
  } catch (error) {
    if (error instanceof MalformedMessage) throw new Refusal("amqp:decode-error", error.message);
    throw error;
  }
}

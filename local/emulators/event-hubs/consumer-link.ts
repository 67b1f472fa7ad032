import type { Sender } from "rhea";
import type { ConsumerEntity } from "./entities.ts";
import { logOf } from "./entities.ts";
import { writeDelivery } from "./event-codec.ts";
import type { FaultHooks } from "./faults.ts";
import type { StartPosition, StoredEvent } from "./log-store.ts";
import { countUnsent, creditOf, returnCredit, socketOf } from "./rhea-internals.ts";

interface ConsumerDeps {
  readonly faults: FaultHooks;
  readonly now: () => number;
}

interface ConsumerOptions {
  readonly start: StartPosition;
  /** Tell the receiver with every event what the newest event of the partition is. */
  readonly withMetrics: boolean;
}

// One turn of the event loop gives a receiver at most this much, so that others and producers have theirs.
const TURN_EVENTS = 256;
const TURN_BYTES = 512 * 1024;
/** Above this, the socket is full: the client is slower than its credit promised. */
const SOCKET_BYTES = 1024 * 1024;

/**
 * Gives a receiver the events of its partition as far as its credit and its socket go; returns a function that ends it.
 */
export function serveEvents(
  sender: Sender,
  entity: ConsumerEntity,
  { start, withMetrics }: ConsumerOptions,
  { faults, now }: ConsumerDeps,
): () => void {
  const log = logOf(entity.hub, entity.partition);
  const reader = log.openReader(start);
  const socket = socketOf(sender.connection);
  let held: StoredEvent | undefined;
  let isScheduled = false;
  let isEnded = false;
  let isDraining = false;
  let resumesAt = 0;

  // Never at once: rhea would put deliveries on the wire before its own answer to the attach that asked for them.
  function schedule(): void {
    if (isScheduled || isEnded) return;
    isScheduled = true;
    setImmediate(pump);
  }

  function pump(): void {
    isScheduled = false;
    if (isEnded || !sender.is_open() || Date.now() < resumesAt) return;
    // The queued deliveries already wait for the client; its answer brings the next turn.
    if (countUnsent(sender.session) > 0 || socket.writableLength > SOCKET_BYTES) return;
    if (giveTurn()) schedule();
    else if (isDraining) {
      isDraining = false;
      returnCredit(sender);
    }
  }

  /** True when it ended for reasons of fairness only. */
  function giveTurn(): boolean {
    let credit = creditOf(sender);
    let bytes = 0;
    for (let events = 0; credit > 0 && sender.sendable(); events++, credit--) {
      if (events >= TURN_EVENTS || bytes >= TURN_BYTES) return true;
      const event = held ?? reader.next();
      held = undefined;
      if (!event) return false;
      if (isDisturbed(event)) return false;
      const metrics = withMetrics ? { ...log.lastEnqueued(), retrievedAt: now() } : undefined;
      const message = writeDelivery(event, metrics);
      sender.send(message, undefined, 0);
      bytes += message.length;
    }
    return false;
  }

  function isDisturbed(event: StoredEvent): boolean {
    if (!faults.deliver) return false;
    const { hub, consumerGroup, partition } = entity;
    const fault = faults.deliver({ hub: hub.name, consumerGroup, partition, sequenceNumber: event.sequenceNumber });
    if (!fault) return false;
    held = event;
    if (fault.do === "detach") sender.close(fault.error);
    else if (fault.do === "drop") socket.destroy(new Error("dropped by a fault"));
    else {
      resumesAt = Date.now() + fault.ms;
      setTimeout(schedule, fault.ms);
    }
    return true;
  }

  const stopListening = log.onAppend(schedule);
  sender.on("sender_flow", schedule);
  sender.on("settled", schedule);
  sender.on("sendable", schedule);
  socket.on("drain", schedule);
  sender.on("sender_draining", () => {
    isDraining = true;
    schedule();
  });
  return () => {
    isEnded = true;
    stopListening();
    socket.off("drain", schedule);
  };
}

import process from "node:process";
import type { EventDataBatch, EventHubProducerClient } from "@azure/event-hubs";
import { reached } from "../runtime/reached.ts";

export interface EventHubsSender {
  /** An empty batch of the size that the link allows. Opens the link when it is not. */
  createBatch(signal: AbortSignal): Promise<EventDataBatch>;
  /**
   * Resolves when the batch is acknowledged. When the link goes before, it is sent again over a new one: Event Hubs may
   * have it twice then. Throws what the SDK throws, and when the signal ends first.
   */
  send(batch: EventDataBatch, signal: AbortSignal): Promise<void>;
}

/** How often in ms a send that waits for its acknowledgement asks whether its link is still there. */
const LOOK_MS = 100;

/**
 * Sends over the one link of a producer. The SDK lets a send whose link has gone wait for its time-out, since it takes
 * the link's errors for itself and tells nobody. But it hands out a batch without any I/O while the link is open, and
 * opens a new link when it is not. That tells the two apart, and what is in flight on a link that has gone is given up
 * at once (ADR 32).
 */
export function createEventHubsSender(
  producer: Pick<EventHubProducerClient, "createBatch" | "sendBatch">,
): EventHubsSender {
  const inFlight = new Set<AbortController>();
  let isLooking = false;

  function createBatch(signal: AbortSignal): Promise<EventDataBatch> {
    const batch = producer.createBatch({ abortSignal: signal });
    void settlesAtOnce(batch).then((isOpen) => {
      if (!isOpen) giveUp(inFlight);
    });
    return batch;
  }

  async function look(signal: AbortSignal): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    // What is wrong with a new link is told to those who send over it.
    await createBatch(signal).catch(() => undefined);
    isLooking = false;
  }

  /** False when the link went before the acknowledgement came. */
  async function isAcknowledged(batch: EventDataBatch, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const attempt = new AbortController();
    const stop = (): void => attempt.abort();
    signal.addEventListener("abort", stop);
    const looks = setInterval(() => void look(signal), LOOK_MS);
    inFlight.add(attempt);
    try {
      await producer.sendBatch(batch, { abortSignal: attempt.signal });
      return true;
    } catch (cause) {
      if (signal.aborted || !attempt.signal.aborted) throw cause;
      return false;
    } finally {
      inFlight.delete(attempt);
      clearInterval(looks);
      signal.removeEventListener("abort", stop);
    }
  }

  return {
    createBatch,
    send: async (batch, signal) => {
      while (!(await isAcknowledged(batch, signal))) await createBatch(signal);
    },
  };
}

function giveUp(inFlight: ReadonlySet<AbortController>): void {
  for (const attempt of inFlight) {
    reached("link-to-hub-gone");
    attempt.abort();
  }
}

/** Whether a promise is settled once all that can go on without I/O has gone on. */
async function settlesAtOnce(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const note = (): void => {
    isSettled = true;
  };
  promise.then(note, note);
  // From a microtask, the next tick comes when there is no microtask left.
  await new Promise<void>((resolve) => queueMicrotask(() => process.nextTick(resolve)));
  return isSettled;
}

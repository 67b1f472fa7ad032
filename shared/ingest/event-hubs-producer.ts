import type { EventHubProducerClient } from "@azure/event-hubs";
import { reached } from "../runtime/reached.ts";
import type { Logger } from "../telemetry/log.ts";

/** What is used of the SDK's client. */
export type Producer = Pick<EventHubProducerClient, "createBatch" | "sendBatch" | "getEventHubProperties" | "close">;

/** Long after every time-out of the SDK's, and short beside an outage. */
const STUCK_MS = 30_000;

/**
 * A producer that is made anew when nothing has worked for 30 s. The SDK renews its token behind a lock, without a
 * time-out for the link that this needs (`withAuth.js` of 6.0.4 gives none, `cbs.js` of @azure/core-amqp waits for the
 * link): when the connection goes just then, the lock is kept for ever, and whoever needs it waits in vain long after
 * Event Hubs is back. A new client has a connection and locks of its own.
 *
 * @param stuckMs for how long everything must have failed
 */
export function createLastingProducer(make: () => Producer, log: Logger, stuckMs = STUCK_MS): Producer {
  let current = make();
  /** By `performance.now()`; undefined while it works. */
  let failingSince: number | undefined;

  const replace = (error: unknown): void => {
    reached("producer-is-stuck");
    log.warn("the client of Event Hubs is made anew: for 30 s nothing has worked", { error });
    const stuck = current;
    current = make();
    failingSince = undefined;
    // Not waited for: its locks may hold this up too.
    void stuck.close().catch((fault: unknown) => {
      log.warn("the former client of Event Hubs could not be closed", { error: fault });
    });
  };

  async function use<Result>(work: (producer: Producer) => Promise<Result>): Promise<Result> {
    const used = current;
    try {
      const result = await work(used);
      if (used === current) failingSince = undefined;
      return result;
    } catch (error) {
      if (used === current) {
        failingSince ??= performance.now();
        if (performance.now() - failingSince >= stuckMs) replace(error);
      }
      throw error;
    }
  }

  return {
    createBatch: (options) => use((producer) => producer.createBatch(options)),
    sendBatch: (batch, options) =>
      use((producer) => producer.sendBatch(batch as Parameters<Producer["sendBatch"]>[0], options)),
    getEventHubProperties: (options) => use((producer) => producer.getEventHubProperties(options)),
    close: () => current.close(),
  };
}

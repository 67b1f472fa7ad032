import type { ReceivedEventData } from "@azure/event-hubs";
import type { EventHubsConfig } from "../host-config.ts";

export interface Batcher {
  /** Adds the new events (none, when only time has passed) and answers the batches that are ready. */
  add(events: readonly ReceivedEventData[]): ReceivedEventData[][];
}

/**
 * Holds events back until there are `minEventBatchSize`, or the oldest has waited for `maxWaitTime`; 1 holds none back.
 */
export function createBatcher({
  minEventBatchSize,
  maxEventBatchSize,
  maxWaitTime,
}: Pick<EventHubsConfig, "minEventBatchSize" | "maxEventBatchSize" | "maxWaitTime">): Batcher {
  let held: ReceivedEventData[] = [];
  let heldSince = 0;
  return {
    add: (events) => {
      if (held.length === 0) heldSince = Date.now();
      held.push(...events);
      const isDue = Date.now() - heldSince >= maxWaitTime;
      const batches: ReceivedEventData[][] = [];
      while (held.length >= minEventBatchSize || (isDue && held.length > 0)) {
        batches.push(held.slice(0, maxEventBatchSize));
        held = held.slice(maxEventBatchSize);
      }
      return batches;
    },
  };
}

import { setTimeout as sleep } from "node:timers/promises";
import type { ReceivedEventData } from "@azure/event-hubs";
import type { EventHubsConfig } from "../host-config.ts";

export interface Batcher {
  /** Adds events that have come, and runs the batch that is ready, if one is. Resolves when it has been run. */
  add(events: readonly ReceivedEventData[]): Promise<void>;
}

export interface BatcherDeps {
  readonly run: (batch: readonly ReceivedEventData[]) => Promise<void>;
  /** Forgets what is held back, and runs nothing any more. */
  readonly stopped: AbortSignal;
}

type BatchSizes = Pick<EventHubsConfig, "minEventBatchSize" | "maxEventBatchSize" | "maxWaitTime">;

/**
 * Holds events back until there are `minEventBatchSize`, or until `maxWaitTime` is over: it begins when the first one
 * is held back, and when some are left over. One batch for each arrival, so that what an arrival leaves over waits as
 * well. The very first batch waits for nothing. (azure-sdk-for-net `EventHubListener.PartitionProcessor.cs` and
 * `PartitionProcessorEventsManager.cs`; the real one subtracts the age of the last checkpoint from its first wait.)
 */
export function createBatcher({ run, stopped }: BatcherDeps, sizes: BatchSizes): Batcher {
  const { minEventBatchSize, maxEventBatchSize } = sizes;
  const held: ReceivedEventData[] = [];
  let turn: Promise<void> = Promise.resolve();
  let wait: AbortController | undefined;
  let waitMs = 0;

  async function runFirst(): Promise<void> {
    if (held.length === 0 || stopped.aborted) return;
    waitMs = sizes.maxWaitTime;
    await run(held.splice(0, maxEventBatchSize));
  }

  stopped.addEventListener("abort", () => wait?.abort());

  /** One batch at a time, whether an arrival or the end of a wait has made it. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    turn = turn.then(work);
    return turn;
  }

  async function runWhenDue(own: AbortController): Promise<void> {
    await sleep(waitMs, undefined, { signal: own.signal }).catch(() => undefined);
    await inTurn(async () => {
      if (own.signal.aborted) return;
      wait = undefined;
      await runFirst();
    });
  }

  return {
    add: (events) =>
      inTurn(async () => {
        held.push(...events);
        if (held.length >= minEventBatchSize) {
          wait?.abort();
          wait = undefined;
          await runFirst();
        }
        if (wait || held.length === 0 || stopped.aborted) return;
        wait = new AbortController();
        void runWhenDue(wait);
      }),
  };
}

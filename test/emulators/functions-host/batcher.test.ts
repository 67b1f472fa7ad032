import type { ReceivedEventData } from "@azure/event-hubs";
import { describe, expect, it } from "vitest";
import { createBatcher } from "../../../local/emulators/functions-host/event-hubs/batcher.ts";
import { eventually } from "./support.ts";

/** Events whose bodies are numbers. */
const events = (...numbers: readonly number[]): ReceivedEventData[] =>
  numbers.map((body) => ({ body }) as ReceivedEventData);

function start(maxWaitTime: number) {
  const batches: { readonly numbers: number[]; readonly at: number }[] = [];
  const stopping = new AbortController();
  const run = async (batch: readonly ReceivedEventData[]): Promise<void> => {
    batches.push({ numbers: batch.map(({ body }) => body as number), at: performance.now() });
  };
  const sizes = { minEventBatchSize: 5, maxEventBatchSize: 6, maxWaitTime };
  const batcher = createBatcher({ run, stopped: stopping.signal }, sizes);
  return { batcher, batches, stop: () => stopping.abort(), numbers: () => batches.map(({ numbers }) => numbers) };
}

describe("events of a partition", () => {
  it("are handed over at once the first time, then when there are enough, or when the time is over", async () => {
    const { batcher, batches, numbers } = start(300);
    await batcher.add(events(0));
    await eventually("the first is there", () => batches.length === 1);
    const heldSince = performance.now();
    await batcher.add(events(1, 2, 3));
    expect(numbers()).toEqual([[0]]);
    await batcher.add(events(4, 5, 6, 7));
    expect(numbers()).toEqual([[0], [1, 2, 3, 4, 5, 6]]);
    await eventually("the rest is there", () => batches.length === 3);
    expect(numbers()[2]).toEqual([7]);
    expect((batches[2]?.at ?? 0) - heldSince).toBeGreaterThanOrEqual(290);
  });

  it("are one batch for each arrival, and what is left over waits", async () => {
    const { batcher, numbers } = start(600_000);
    await batcher.add(events(1, 2, 3, 4, 5));
    await batcher.add(events(6, 7, 8, 9));
    await batcher.add(events(10, 11, 12, 13, 14, 15, 16, 17));
    expect(numbers()).toEqual([
      [1, 2, 3, 4, 5],
      [6, 7, 8, 9, 10, 11],
    ]);
    await batcher.add([]);
    expect(numbers()[2]).toEqual([12, 13, 14, 15, 16, 17]);
  });

  it("that are held back when it stops are not handed over", async () => {
    const { batcher, numbers, stop } = start(20);
    await batcher.add(events(1, 2, 3, 4, 5));
    await batcher.add(events(6));
    stop();
    await batcher.add(events(7, 8, 9, 10, 11));
    expect(numbers()).toEqual([[1, 2, 3, 4, 5]]);
  });
});

import { expect, test } from "vitest";
import host from "../../host.json" with { type: "json" };
import { MAX_INLINE_BYTES } from "../../shared/ingest/event-stream.ts";
import { readRuns, type StackName } from "./support/runs.ts";
import { refusals } from "./support/stack-config.ts";

/** Of messages in an instance of 512 MB. */
const LIMIT_BYTES = 300_000_000;
/** Of a batch in work: three in the host, two in the worker. */
const COPIES = 5;

/** Bytes of messages of a full hub in an instance that owns all partitions: batches in work, and what is read ahead. */
function heldBytes(partitions: number): number {
  const { maxEventBatchSize, prefetchCount } = host.extensions.eventHubs;
  return partitions * (COPIES * maxEventBatchSize + prefetchCount) * MAX_INLINE_BYTES;
}

/** The most partitions that the configuration takes, on the tier that takes most. */
function findMostPartitions(memoryMb: number): number {
  const isTaken = (partitions: number): boolean =>
    refusals({
      "headrace:app": { memoryMb },
      "headrace:eventHubs": { sku: "Premium", units: 1, partitions },
    }).length === 0;
  let most = 0;
  while (isTaken(most + 1)) most++;
  return most;
}

test.each<StackName>(["dev", "prod"])("one instance with all partitions of %s holds less than 300 MB", (stack) => {
  const hubs = readRuns()[stack].update.registrations.filter(({ type }) => type === "azure-native:eventhub:EventHub");
  const partitions = hubs.map(({ inputs }) => Number(inputs.partitionCount));
  expect(partitions).toEqual([expect.any(Number)]);
  expect(heldBytes(partitions[0] ?? Number.NaN)).toBeLessThan(LIMIT_BYTES);
});

test.each([512, 2048, 4096])(
  "one instance of %i MB with the most partitions that the configuration takes holds 58 %% of them",
  (memoryMb) => {
    const most = findMostPartitions(memoryMb);
    expect(most).toBeGreaterThan(8);
    expect(heldBytes(most)).toBeLessThan((LIMIT_BYTES * memoryMb) / 512);
  },
);

test("what is read ahead suffices for a whole batch", () => {
  const { maxEventBatchSize, prefetchCount } = host.extensions.eventHubs;
  expect(prefetchCount).toBeGreaterThanOrEqual(maxEventBatchSize);
});

import { expect, test } from "vitest";
import { checkCheckpoints, findCutShort, type PartitionState } from "../../../shared/pipeline/partition-state.ts";
import { NotReadyError } from "../../../shared/runtime/not-ready-error.ts";

const partition = (partitionId: string, last: number, checkpoint?: number): PartitionState => {
  return { partitionId, last, checkpoint, envelopes: 0, lastEnqueuedAt: new Date(0) };
};
const whole = [partition("0", 9), partition("1", -1), partition("2", 9, 9), partition("3", 9, 4)];

test("a partition is cut short when it ends before its checkpoint, and not without one", () => {
  expect(findCutShort(whole)).toEqual([]);
  expect(findCutShort([...whole, partition("4", 3, 4), partition("5", -1, 0)])).toEqual([
    { partition_id: "4", checkpoint: 4, last: 3 },
    { partition_id: "5", checkpoint: 0, last: -1 },
  ]);
});

test("checking says nothing of partitions that are whole, names those that are not, and leaves an outage to others", async () => {
  await checkCheckpoints(async () => whole);
  const cut = checkCheckpoints(async () => [...whole, partition("4", 3, 4), partition("5", -1, 0)]);
  await expect(cut).rejects.toThrow(NotReadyError);
  await expect(cut).rejects.toThrow("partitions 4, 5");
  await checkCheckpoints(() => Promise.reject(new Error("away")));
});

import { MessagingError } from "@azure/event-hubs";
import { RestError } from "@azure/storage-blob";
import { expect, test } from "vitest";
import { nameRefusal } from "../../../shared/pipeline/azure-backlog.ts";
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
  await expect(checkCheckpoints(() => Promise.reject(new NotReadyError("refused")))).rejects.toThrow("refused");
});

test("a missing role is told, and every other error of reading passes as it is", () => {
  const unauthorized = Object.assign(new MessagingError("claims"), { code: "UnauthorizedError" });
  const refused = new RestError("This request is not authorized", { statusCode: 403 });
  for (const error of [unauthorized, refused]) expect(nameRefusal(error)).toMatchObject({ cause: error });
  expect(nameRefusal(refused)).toBeInstanceOf(NotReadyError);
  const busy = new RestError("busy", { statusCode: 503 });
  expect(nameRefusal(busy)).toBe(busy);
});

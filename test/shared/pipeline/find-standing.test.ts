import { describe, expect, it } from "vitest";
import { createFindStanding } from "../../../shared/pipeline/find-standing.ts";
import type { PartitionState } from "../../../shared/pipeline/partition-state.ts";

const partition = (envelopes: number, checkpoint: number | undefined, enqueued: number): PartitionState => ({
  partitionId: "0",
  checkpoint,
  last: (checkpoint ?? -1) + envelopes,
  envelopes,
  lastEnqueuedAt: new Date(enqueued),
});

describe("a partition stands", () => {
  it("at the first look when nothing new has come for long enough and something waits", () => {
    const find = createFindStanding(60_000);
    expect(find([partition(2, 7, 1_000)], 60_999)).toEqual([]);
    expect(find([partition(2, 7, 1_000)], 61_000)).toEqual([
      { partition_id: "0", after: 7, envelopes: 2, waiting_since: "1970-01-01T00:00:01.000Z" },
    ]);
  });

  it("while messages go on coming, once it was looked at for long enough with the same checkpoint", () => {
    const find = createFindStanding(60_000);
    for (let now = 0; now < 60_000; now += 10_000) expect(find([partition(5, undefined, now)], now)).toEqual([]);
    expect(find([partition(9, undefined, 60_000)], 60_000)).toMatchObject([{ after: null, envelopes: 9 }]);
  });

  it("not when its checkpoint moves, nor when nothing waits, nor at once after it was empty", () => {
    const find = createFindStanding(60_000);
    for (let now = 0; now < 300_000; now += 30_000) expect(find([partition(5, now, now)], now)).toEqual([]);
    expect(find([partition(0, 9, 0)], 1e9)).toEqual([]);
    expect(find([partition(1, 9, 1e9)], 1e9 + 59_999)).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { runsPerSecond } from "../../../../infra/plan/cost/timers.ts";

describe("runsPerSecond", () => {
  it.each([
    ["*/5 * * * * *", 0.2],
    ["0 */5 * * * *", 1 / 300],
    ["0 15,45 * * * *", 2 / 3_600],
    ["0 0 3 * * *", 1 / 86_400],
  ])("of %s is %d", (schedule, expected) => {
    expect(runsPerSecond({ name: "it", schedule })).toBeCloseTo(expected, 9);
  });

  it("refuses a schedule that leaves days out", () => {
    expect(() => runsPerSecond({ name: "weekly", schedule: "0 0 3 * * 1" })).toThrow(
      'the schedule "0 0 3 * * 1" of weekly',
    );
  });
});

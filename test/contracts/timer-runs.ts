import { describe, expect, it } from "vitest";
import { type TimerRuns, timerNames } from "../../shared/operator/timer-runs.ts";

export interface TimerRunsUnderTest {
  /** Where no timer has run yet. */
  openEmpty(): Promise<TimerRuns>;
  /** Of a service that fails every call. */
  openAway(): Promise<TimerRuns>;
}

/** The contract of every adapter of the timers' runs. */
export function describeTimerRuns(name: string, { openEmpty, openAway }: TimerRunsUnderTest): void {
  describe(`timers' runs: ${name}`, () => {
    it("a timer's run is the last that was noted, and none before the first", async () => {
      const runs = await openEmpty();
      const [timer, other] = timerNames;
      expect(await runs.read(timer)).toBeUndefined();
      for (const at of [1_700_000_000_123, 1_700_000_000_456]) {
        await runs.note(timer, at);
        expect(await runs.read(timer)).toBe(at);
      }
      expect(await runs.read(other)).toBeUndefined();
    });

    it("keeps how far a timer came, beside when it ran", async () => {
      const runs = await openEmpty();
      const [other, timer] = timerNames;
      expect(await runs.readPlace(timer)).toBeUndefined();
      await runs.keepPlace(timer, "acme");
      expect([await runs.readPlace(timer), await runs.read(timer)]).toEqual(["acme", undefined]);
      await runs.note(timer, 1_700_000_000_123);
      await runs.keepPlace(timer, "globex");
      expect([await runs.readPlace(timer), await runs.read(timer)]).toEqual(["globex", 1_700_000_000_123]);
      expect(await runs.readPlace(other)).toBeUndefined();
    });

    it("a store that is away is `store_unavailable`", async () => {
      const runs = await openAway();
      const expected = { code: "store_unavailable" };
      await expect(runs.note("sweep-ledger", 1)).rejects.toMatchObject(expected);
      await expect(runs.read("sweep-ledger")).rejects.toMatchObject(expected);
      await expect(runs.keepPlace("sweep-ledger", "acme")).rejects.toMatchObject(expected);
      await expect(runs.readPlace("sweep-ledger")).rejects.toMatchObject(expected);
    });
  });
}

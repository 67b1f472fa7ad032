import { describe, expect, it } from "vitest";
import { runSeed } from "./model.ts";
import { weakenings } from "./weakenings.ts";

/** Seeds that once failed, or reach a corner of their own. */
const regressions: readonly number[] = [];

describe("the model of outcomes and ledger", () => {
  it("holds the invariants under thousands of random interleavings", async () => {
    for (const seed of [...regressions, ...Array.from({ length: 5_000 }, (_, i) => i)]) {
      const { violations } = await runSeed(seed);
      expect({ seed, violations }).toEqual({ seed, violations: [] });
    }
  });

  it("gives the same steps for the same seed", async () => {
    const [first, second] = [await runSeed(7, undefined, true), await runSeed(7, undefined, true)];
    expect(first.trace.length).toBeGreaterThan(10);
    expect(second.trace).toEqual(first.trace);
  });

  it.each(Object.entries(weakenings))("catches a deliberate weakening: %s", async (_, weaken) => {
    for (let seed = 0; seed < 3_000; seed++) {
      if ((await runSeed(seed, weaken)).violations.length > 0) return;
    }
    expect.fail("no seed of 3,000 caught it");
  });
});

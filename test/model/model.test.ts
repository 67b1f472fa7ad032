import { describe, expect, it } from "vitest";
import { runSeed } from "./model.ts";
import { weakenings } from "./weakenings.ts";

/** Seeds that once failed. */
const regressions: readonly number[] = [3_749, 4_750, 17_157, 194_041];
/** A number and not a time, so that every machine finds the same. More of them: model.long.test.ts. */
const SEEDS = 1_000;

describe("the model of outcomes and ledger", () => {
  it("holds the invariants under a thousand random interleavings", async () => {
    for (const seed of [...regressions, ...Array.from({ length: SEEDS }, (_, i) => i)]) {
      const { violations } = await runSeed(seed);
      if (violations.length > 0) expect.fail(`seed ${seed}: ${violations.join("\n")}`);
    }
  });

  it("gives the same steps for the same seed", async () => {
    for (let seed = 0; seed < 20; seed++) {
      const [first, second] = [await runSeed(seed, undefined, true), await runSeed(seed, undefined, true)];
      expect(first.trace.length).toBeGreaterThan(5);
      expect(second.trace).toEqual(first.trace);
    }
  });

  it.each(weakenings)(
    "catches a deliberate weakening: $name, by seed $caughtBy",
    async ({ weaken, rules, caughtBy, as }) => {
      const { violations } = await runSeed(caughtBy, weaken, false, rules);
      expect(violations).toContainEqual(expect.stringMatching(as));
      expect((await runSeed(caughtBy)).violations).toEqual([]);
    },
  );
});

import { expect, it } from "vitest";
import { runSeed } from "./model.ts";

/** 20 times as many as in model.test.ts; `npm run model` takes any number, in several threads. */
const SEEDS = 20_000;

it("the model of outcomes and ledger holds the invariants under thousands of random interleavings", {
  timeout: 900_000,
}, async () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    const { violations } = await runSeed(seed);
    if (violations.length > 0) expect.fail(`seed ${seed}: ${violations.join("\n")}`);
  }
});

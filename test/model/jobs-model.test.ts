import { expect, it } from "vitest";
import { runJobsSeed } from "./jobs-model.ts";
import { jobWeakenings } from "./weaken-jobs.ts";

/** Each takes some 5 ms. */
const SEEDS = 600;

it("jobs that are killed, delivered twice, stopped and continued, at once and beside others, count each event once", async () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    const violations = await runJobsSeed(seed);
    if (violations.length > 0) expect.fail(`seed ${seed}: ${violations.join("\n")}`);
  }
});

it.each(jobWeakenings)("the model of jobs catches a deliberate weakening: $name, by seed $caughtBy", async (one) => {
  expect(await runJobsSeed(one.caughtBy, one.weaken)).toContainEqual(expect.stringMatching(one.as));
  expect(await runJobsSeed(one.caughtBy)).toEqual([]);
});

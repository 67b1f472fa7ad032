import { expect, it } from "vitest";
import { createRandom } from "../../../local/launcher/faults/random.ts";
import { createSample } from "../../../shared/runtime/sample.ts";

it("each of many is as likely as any other to be taken, and at each place", () => {
  const random = createRandom(1);
  const [all, size, rounds] = [10, 3, 20_000];
  const taken = Array.from({ length: all }, () => Array.from({ length: size }, () => 0));
  for (let round = 0; round < rounds; round++) {
    const sample = createSample<number>(size, () => random.below(1 << 20) / (1 << 20));
    for (let one = 0; one < all; one++) sample.add(one);
    for (const [place, one] of sample.take().entries()) {
      const places = taken[one];
      if (places) places[place] = (places[place] ?? 0) + 1;
    }
  }
  for (const n of taken.flat()) expect(Math.abs(n - rounds / all)).toBeLessThan(rounds / all / 10);
});

it("of fewer than were asked for all are taken", () => {
  const sample = createSample<string>(5);
  for (const one of ["a", "b"]) sample.add(one);
  expect(sample.take().sort()).toEqual(["a", "b"]);
});

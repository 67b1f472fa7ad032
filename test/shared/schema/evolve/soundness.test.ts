import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findBreaks, findBreaksBy } from "../../../../shared/schema/evolve/find-breaks.ts";
import { allRules } from "../../../../shared/schema/evolve/rules.ts";
import type { JsonSchema } from "../../../../shared/schema/json-schema.ts";
import { checkSchema } from "../../../../shared/schema/judge/check-schema.ts";
import { compileFast } from "../../../support/evolve/ajv.ts";
import { makePair, type SchemaPair } from "../../../support/evolve/make-schemas.ts";
import { makeValue } from "../../../support/evolve/make-values.ts";

interface Sample extends SchemaPair {
  readonly values: readonly unknown[];
}

const VALUES = 30;

const samplesOf = (added?: string): fc.Arbitrary<Sample> =>
  fc.gen().map((g) => {
    const pair = makePair(g, added);
    return { ...pair, values: Array.from({ length: VALUES }, () => makeValue(g, pair.older, pair.older)) };
  });
const samples = samplesOf();

/** Such schemas are refused at registration, and Ajv follows them until its stack ends. */
const isEndless = (schema: JsonSchema): boolean =>
  checkSchema(schema).some(({ message }) => message.startsWith("leads back to itself"));

/** A value that the older schema takes and the newer one does not. */
function findRefused({ older, newer, values }: Sample): unknown {
  const [fitsOlder, fitsNewer] = [compileFast(older), compileFast(newer)];
  return values.find((value) => fitsOlder(value) && !fitsNewer(value));
}

const swap =
  (find: typeof findBreaks): typeof findBreaks =>
  (older, newer) =>
    find(newer, older, "forward");

test.each([
  ["backward", findBreaks],
  ["forward, the other way round", swap(findBreaks)],
])("%s: where it says compatible, what one schema takes the other takes", (_, find) => {
  const property = fc.property(samples, (sample) => {
    fc.pre(!isEndless(sample.older) && !isEndless(sample.newer));
    fc.pre(find(sample.older, sample.newer, "backward").length === 0);
    expect(findRefused(sample)).toBeUndefined();
  });
  fc.assert(property, { numRuns: 200, maxSkipsPerRun: 1000 });
});

test("a schema that leads back to itself without going into the value is not sampled", () => {
  const loop = { $ref: "#/$defs/y", $defs: { y: { type: "object", $ref: "#/$defs/y" } } };
  expect(isEndless(loop)).toBe(true);
  expect(isEndless({ ...loop, $defs: { y: { properties: { a: { $ref: "#/$defs/y" } } } } })).toBe(false);
  expect(() => compileFast(loop)({})).toThrow(RangeError);
});

test("a schema is compatible with itself", () => {
  const itself = (schema: JsonSchema): number => findBreaks(schema, structuredClone(schema), "backward").length;
  fc.assert(
    fc.property(samples, ({ older }) => itself(older) === 0),
    { numRuns: 200 },
  );
});

describe("a checker that leaves a difference out", () => {
  /** Pairs that break, each with the value that shows it. */
  const pools = [
    ...fc.sample(samples, { seed: 7, numRuns: 2000 }),
    ...Object.keys(allRules).flatMap((keyword) => fc.sample(samplesOf(keyword), { seed: 7, numRuns: 60 })),
  ];
  const breaking = pools.filter((sample) => findRefused(sample) !== undefined);
  const isCaught = (find: typeof findBreaks): boolean =>
    breaking.some(({ older, newer }) => find(older, newer, "backward").length === 0);

  test("nothing left out: none of the pairs that break is compatible", () => {
    expect(breaking.length).toBeGreaterThan(500);
    const wrong = breaking.filter(({ older, newer }) => findBreaks(older, newer, "backward").length === 0);
    expect(wrong.map((one) => JSON.stringify({ ...one, values: findRefused(one) }))).toEqual([]);
  });

  const beside = ["then", "else", "minContains", "maxContains"];
  test.each(Object.keys(allRules).filter((keyword) => !beside.includes(keyword)))(
    "%s is left out: caught",
    (keyword) => {
      expect(isCaught(findBreaksBy({ ...allRules, [keyword]: { find: () => [] } }))).toBe(true);
    },
  );

  const kinds = new Set(
    breaking.flatMap(({ older, newer }) => findBreaks(older, newer, "backward")).map(({ kind }) => kind),
  );
  test.each([...kinds])("the kind %s is left out: caught", (kind) => {
    expect(isCaught((...args) => findBreaks(...args).filter((one) => one.kind !== kind))).toBe(true);
  });

  test("every kind has come up", () => {
    expect(kinds.size).toBe(12);
  });
});

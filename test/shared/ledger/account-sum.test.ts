import fc from "fast-check";
import { expect, it } from "vitest";
import { byType, createAccountSum, type IntervalCounts } from "../../../shared/ledger/account-sum.ts";
import { type CountTable, toTable } from "../../../shared/ledger/event-counts.ts";
import { addOutcomes, nameOutcomes, sumOfOutcomes } from "../../../shared/ledger/outcome-counts.ts";

type Row = readonly [type: string, hour: number, count: number];

const range = { by: "event", from: 0, to: 48 } as const;
const rows = fc.array(
  fc.tuple(fc.constantFrom("a", "b", "__proto__"), fc.integer({ min: -3, max: 51 }), fc.integer({ min: 1, max: 9 })),
  { maxLength: 40 },
);

function tableOf(given: readonly Row[]): CountTable {
  const types = [...new Set(given.map(([type]) => type))];
  return { types, rows: given.map(([type, hour, count]) => [types.indexOf(type), hour, count]) };
}

function plainly(given: readonly Row[], from: number, step: number): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [type, hour, count] of given) {
    if (hour < from || hour >= range.to) continue;
    const key = `${Math.floor(hour / step) * step} ${type}`;
    sums.set(key, (sums.get(key) ?? 0) + count);
  }
  return sums;
}

function flat(counts: IntervalCounts): Map<string, number> {
  return new Map(
    [...counts].flatMap(([start, types]) => [...types].map(([type, n]) => [`${start} ${type}`, n] as const)),
  );
}

it("a sum is that of its documents, however they are divided, and by intervals", () => {
  fc.assert(
    fc.property(fc.array(rows), fc.constantFrom(1, 24), fc.boolean(), (documents, step, apart) => {
      const sum = createAccountSum(range, { step });
      for (const document of documents) {
        const own = apart ? createAccountSum(range, { step }) : sum;
        own.add({ counts: tableOf(document) });
        if (apart) sum.addSum(own);
      }
      expect(flat(sum.counts)).toEqual(plainly(documents.flat(), range.from, step));
      expect(toTable(byType(sum.counts)).rows).toHaveLength(flat(sum.counts).size);
    }),
  );
});

it("a sum that holds too many counts has the last intervals that fit, whole, and says from when", () => {
  const most = fc.integer({ min: 3, max: 20 });
  fc.assert(
    fc.property(fc.array(rows), fc.constantFrom(1, 24), most, fc.boolean(), (documents, step, maxCounts, apart) => {
      const sum = createAccountSum(range, { step, maxCounts });
      for (const document of documents) {
        const own = apart ? createAccountSum(range, { step, maxCounts }) : sum;
        own.add({ counts: tableOf(document) });
        if (apart) sum.addSum(own);
      }
      expect(flat(sum.counts)).toEqual(plainly(documents.flat(), sum.from, step));
      expect(flat(sum.counts).size).toBeLessThanOrEqual(maxCounts);
      // With one interval more, it would be too many.
      if (sum.from > range.from)
        expect(plainly(documents.flat(), sum.from - step, step).size).toBeGreaterThan(maxCounts);
      else expect(plainly(documents.flat(), range.from, step).size).toBeLessThanOrEqual(maxCounts);
    }),
  );
});

it("one type alone is counted where it is asked for", () => {
  const sum = createAccountSum(range, { eventType: "__proto__" });
  sum.add({
    counts: tableOf([
      ["a", 1, 1],
      ["__proto__", 1, 2],
    ]),
  });
  expect(flat(sum.counts)).toEqual(new Map([["1 __proto__", 2]]));
});

it("outcomes add up to what was accepted, whatever moves between them, and are named where they are not 0", () => {
  const moved = addOutcomes([3, 1, 2], [1, 0, -2, 0, 0, 1]);
  expect(moved).toEqual([4, 1, 0, 0, 0, 1]);
  expect(sumOfOutcomes(moved)).toBe(6);
  expect(nameOutcomes(moved)).toEqual({ stored: 4, duplicate: 1, quarantined: 0, erased: 1 });
  expect(nameOutcomes(addOutcomes(moved, [0, 0, 1, 0, 0, -1]))).toEqual({ stored: 4, duplicate: 1, quarantined: 1 });
});

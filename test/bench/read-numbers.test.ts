import { expect, it } from "vitest";
import { compareNumbers } from "../../bench/read-numbers.ts";

const before = new Map<string, unknown>([
  [
    "a: hours",
    {
      totals: { stored: 3 },
      hours: [
        { start: "10", stored: 2 },
        { start: "11", stored: 1 },
      ],
    },
  ],
  ["a: receipt", { status: "settled", stored: 3, results: [] }],
]);

it("numbers are kept by a release that says more of each", () => {
  const after = new Map<string, unknown>([
    [
      "a: hours",
      {
        totals: { settled: 3, stored: 3 },
        hours: [
          { start: "10", settled: 2, stored: 2 },
          { start: "11", stored: 1 },
        ],
      },
    ],
    ["a: receipt", { status: "settled", stored: 3, results: [], replayed: 0 }],
  ]);
  expect(compareNumbers(before, after)).toEqual([]);
});

it.each([
  ["another count", { status: "settled", stored: 2, results: [] }],
  ["a list that is longer", { status: "settled", stored: 3, results: [{ index: 0 }] }],
  ["an object in the place of a list", { status: "settled", stored: 3, results: {} }],
  ["a member that is gone", { status: "settled", results: [] }],
  ["no answer", undefined],
])("%s is told, with both", (_what, is) => {
  const after = new Map([...before, ["a: receipt", is]] as const);
  expect(compareNumbers(before, after)).toEqual([
    `a: receipt was ${JSON.stringify(before.get("a: receipt"))} and is ${JSON.stringify(is)}`,
  ]);
});

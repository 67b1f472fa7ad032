import { describe, expect, it } from "vitest";
import { readOutput } from "../../spec/search.ts";

const ending = (errors: number): string =>
  `State-vector 64 byte, depth reached 129, errors: ${errors}\n   132368 states, stored\n   346722 states, matched\n`;

describe("the output of a search by SPIN", () => {
  it.each([
    ["all states without an error", ending(0), "holds"],
    [
      "an assertion that fails",
      `pan:1: assertion violated (entry[0]!=0) (at depth 41)\n${ending(1)}`,
      "counterexample",
    ],
    ["a state in which nothing goes on", `pan:1: invalid end state (at depth 9)\n${ending(1)}`, "counterexample"],
    ["a search that is not deep enough", `error: max search depth too small\n${ending(0)}`, "unfinished"],
    ["a search without enough memory", `pan: out of memory\n${ending(0)}`, "unfinished"],
    ["an error of another kind", ending(1), "unfinished"],
    ["nothing", "", "unfinished"],
  ])("%s", (_, output, is) => {
    expect(readOutput(output).is).toBe(is);
  });

  it("says how many states and how deep", () => {
    expect(readOutput(ending(0))).toMatchObject({ states: 132_368, depth: 129 });
    expect(readOutput("depth reached 9, errors: 0\n 4.577e+06 states, stored").states).toBe(4_577_000);
  });
});

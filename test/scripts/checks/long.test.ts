import { describe, expect, it } from "vitest";
import { findLong } from "../../../scripts/checks/long.ts";

const lines = (count: number, line = "  void 0;"): string => `${line}\n`.repeat(count);
const short = { path: "shared/short.ts", text: `export function short(): void {\n${lines(48)}}\n` };
const found = (text: string, list: Record<string, string> = {}) => {
  const path = text.includes("describe(") ? "test/one.test.ts" : "shared/one.ts";
  return findLong([{ path, text }, short], list).map(({ path, line, what }) => `${path}:${line ?? ""} ${what}`);
};

describe("the check of lengths", () => {
  it.each([
    ["a function", `\nexport function long(): void {\n${lines(49)}}\n`, "long"],
    ["an arrow function", `\nexport const long = (): void => {\n${lines(49)}};\n`, "long"],
    ["a method", `class A {\n  long(): void {\n${lines(49)}  }\n}\n`, "long"],
    ["a constructor", `class A {\n  constructor() {\n${lines(49)}  }\n}\n`, "constructor"],
    ["a property", `const a = {\n  long: async () => {\n${lines(49)}  },\n};\n`, "long"],
    ["a callback", `\nqueueMicrotask(() => {\n${lines(49)}});\n`, "(given to queueMicrotask)"],
    ["a function in a test", `describe("x", () => {\n  const long = () => {\n${lines(49)}  };\n});\n`, "long"],
  ])("finds %s of 51 lines", (_, text, name) => {
    expect(found(text)).toEqual([expect.stringMatching(/one\.(test\.)?ts:2 the function/)]);
    expect(found(text)[0]).toContain(`the function ${name} has 51 lines, 50 at most`);
  });

  it("counts a factory with the functions in it", () => {
    const text = `function make() {\n  return {\n    one() {\n${lines(30)}    },\n    two() {\n${lines(30)}    },\n  };\n}\n`;
    expect(found(text)).toEqual(["shared/one.ts:1 the function make has 68 lines, 50 at most"]);
  });

  it("does not count tests, nor the function that describes them", () => {
    const suite = `function suite() {\n  describe("x", () => {\n    it.each([1])("y", () => {\n${lines(60)}    });\n  });\n}\n`;
    expect(found(suite)).toEqual([]);
  });

  it("finds a file of 351 lines, also of tests, and none of 350", () => {
    const text = `describe("x", () => {\n${lines(348)}});\n`;
    expect(found(text)).toEqual([]);
    expect(found(`\n${text}`)).toEqual(["test/one.test.ts: the file has 351 lines, 350 at most"]);
  });

  it("lets pass the parts that the list names, and finds an unneeded entry", () => {
    const text = `export function long(): void {\n${lines(400)}}\n`;
    const reasons = { "shared/one.ts": "why", "shared/one.ts#long": "why" };
    expect(found(text, reasons)).toEqual([]);
    expect(found(text, { ...reasons, "shared/short.ts#short": "why" })).toEqual([
      'scripts/checks/long-parts.ts: "shared/short.ts#short" is not too long, or not there any more',
    ]);
    expect(found("", reasons)).toHaveLength(2);
  });

  it("finds an entry without a reason", () => {
    const text = `export function long(): void {\n${lines(49)}}\n`;
    expect(found(text, { "shared/one.ts#long": " " })).toEqual([
      expect.stringContaining('"shared/one.ts#long" is listed without a reason'),
    ]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnsOf, columnValue, type Scalar } from "../../../../shared/schema/promoted/columns-of.ts";
import { completeFromOf, type PromotedPath, promote } from "../../../../shared/schema/promoted/promoted-path.ts";

const scalar = fc.oneof(fc.string({ unit: "binary" }), fc.double({ noNaN: true }), fc.boolean());
const asked = fc.tuple(fc.constantFrom("a", "b", 'a","b'), fc.constantFrom("/a", "/b", "/a/b"), scalar);

describe("what a column has for a value", () => {
  it("is of one length, and the same for the same type, path and value alone", () => {
    fc.assert(
      fc.property(asked, asked, (one, other) => {
        const [a, b] = [columnValue(...one), columnValue(...other)];
        expect(a).toMatch(/^[\w-]{22}$/);
        expect(a === b).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });

  it("tells a number, a truth value and the texts that look like them apart", () => {
    const values: Scalar[] = [12, "12", true, "true", "", 0, "0", false, "1.2e1", "x".repeat(60_000)];
    expect(new Set(values.map((value) => columnValue("t", "/a", value))).size).toBe(values.length);
    expect(columnValue("t", "/a", 12.0)).toBe(columnValue("t", "/a", 1.2e1));
  });
});

describe("the columns of an event", () => {
  const paths = [
    { path: "/cost", column: "p2" },
    { path: "/address/city", column: "p1" },
    { path: "/a~1b", column: "p5" },
  ] as const;

  it("are of texts, numbers and truth values on its type's paths", () => {
    const properties = { cost: 12, address: { city: "Berlin", zip: "1" }, "a/b": false };
    expect(columnsOf("t", paths, properties)).toEqual({
      p2: columnValue("t", "/cost", 12),
      p1: columnValue("t", "/address/city", "Berlin"),
      p5: columnValue("t", "/a~1b", false),
    });
  });

  it.each([
    [undefined],
    [null],
    [{}],
    [{ cost: null, address: "Berlin" }],
    [{ cost: { amount: 1 }, address: { city: ["Berlin"] }, a: { b: 1 } }],
  ])("are none for %j", (properties) => {
    expect(columnsOf("t", paths, properties)).toBeUndefined();
  });
});

describe("promoting", () => {
  const names = fc.uniqueArray(fc.constantFrom<string[]>("/a", "/b", "/c", "/d", "/e", "/f", "/g"), { maxLength: 5 });

  it("has each path in a column of its own, whatever was promoted before; one that stays keeps its column and time", () => {
    fc.assert(
      fc.property(fc.array(names, { minLength: 1, maxLength: 6 }), (changes) => {
        let before: readonly PromotedPath[] = [];
        for (const [at, paths] of changes.entries()) {
          const after = promote(before, paths, at);
          expect(after.map(({ path }) => path)).toEqual(paths);
          expect(new Set(after.map(({ column }) => column)).size).toBe(paths.length);
          const stayed = before.filter(({ path }) => paths.includes(path));
          expect(after.filter(({ path }) => stayed.some((one) => one.path === path))).toHaveLength(stayed.length);
          for (const one of stayed) expect(after).toContainEqual(one);
          before = after;
        }
      }),
    );
  });

  it("is complete from when every instance knows it, and whole once events of before are found", () => {
    const [one] = promote([], ["/a"], 0);
    if (!one) throw new Error("it is promoted");
    expect(completeFromOf(one)).toBe("1970-01-01T00:00:30.000Z");
    expect(completeFromOf({ ...one, backfilled: true })).toBeNull();
    expect(promote([{ ...one, backfilled: true }], [], 1)).toEqual([]);
    expect(promote(promote([{ ...one, backfilled: true }], [], 1), ["/a"], 2)[0]).not.toHaveProperty("backfilled");
  });
});

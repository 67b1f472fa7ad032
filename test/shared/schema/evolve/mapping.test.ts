import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyMapping, mappingSchema } from "../../../../shared/schema/evolve/mapping.ts";

const read = (properties: object, ...steps: object[]) =>
  applyMapping(properties as Record<string, unknown>, mappingSchema.parse(steps));

describe("a mapping", () => {
  it.each<[string, object, object[], object]>([
    ["renames", { cost: 1, a: 2 }, [{ op: "rename", from: "/cost", to: "/total" }], { a: 2, total: 1 }],
    ["renames within", { o: { a: 1 } }, [{ op: "rename", from: "/o/a", to: "/o/b" }], { o: { b: 1 } }],
    ["passes over what is not there", { a: 1 }, [{ op: "rename", from: "/cost", to: "/total" }], { a: 1 }],
    [
      "moves into what it makes",
      { city: "x" },
      [{ op: "move", from: "/city", to: "/a/b/city" }],
      { a: { b: { city: "x" } } },
    ],
    [
      "loses nothing that cannot be put there",
      { a: 1, b: 2 },
      [{ op: "move", from: "/a", to: "/b/c" }],
      { a: 1, b: 2 },
    ],
    ["gives a default where there is nothing", {}, [{ op: "default", path: "/a", value: null }], { a: null }],
    ["leaves what is there", { a: null }, [{ op: "default", path: "/a", value: 1 }], { a: null }],
    ["sets a constant", { a: 1 }, [{ op: "constant", path: "/a", value: [2] }], { a: [2] }],
    ["drops", { a: { b: 1, c: 2 } }, [{ op: "drop", path: "/a/b" }], { a: { c: 2 } }],
    ["reads names with a slash and a tilde", { "a/b~c": 1 }, [{ op: "rename", from: "/a~1b~0c", to: "/d" }], { d: 1 }],
    [
      "takes its steps in order",
      { a: 1, b: 2 },
      [
        { op: "rename", from: "/a", to: "/x" },
        { op: "rename", from: "/b", to: "/a" },
        { op: "rename", from: "/x", to: "/b" },
      ],
      { a: 2, b: 1 },
    ],
  ])("%s", (_, before, steps, after) => {
    const given = JSON.stringify(before);
    expect(read(before, ...steps)).toEqual(after);
    expect(JSON.stringify(before)).toBe(given);
  });

  it("reaches no prototype", () => {
    const moved = read({ a: 1 }, { op: "move", from: "/a", to: "/__proto__/polluted" });
    expect(Object.keys(moved)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(read({ a: 1 }, { op: "drop", path: "/constructor" })).toEqual({ a: 1 });
  });

  it.each<[string, object]>([
    ["leads nowhere", { op: "drop", path: "a" }],
    ["has half an escape", { op: "drop", path: "/a~2" }],
    ["renames to elsewhere", { op: "rename", from: "/a/b", to: "/c" }],
    ["is of no kind that there is", { op: "run", path: "/a" }],
    ["has no value", { op: "default", path: "/a" }],
  ])("whose step %s is refused", (_, step) => {
    expect(mappingSchema.safeParse([step]).success).toBe(false);
  });

  it("and its opposite give the same again, whatever else there is", () => {
    const others = fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue());
    fc.assert(
      fc.property(others, fc.jsonValue(), (found, value) => {
        const { from, to, ...rest } = found;
        const there = read({ ...rest, from: value }, { op: "rename", from: "/from", to: "/to" });
        expect(read(there, { op: "rename", from: "/to", to: "/from" })).toEqual({ ...rest, from: value });
      }),
    );
  });
});

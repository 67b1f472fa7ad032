import fc from "fast-check";
import { expect, it } from "vitest";
import type { JsonSchema } from "../../../../shared/schema/json-schema.ts";
import { compileSchema } from "../../../../shared/schema/judge/compile-schema.ts";

it.each<readonly [JsonSchema, unknown, string, string]>([
  [{ properties: { a: { type: "string" } } }, { a: 5 }, "properties.a", "found a number, expected a string"],
  [{ type: "object", required: ["id"] }, {}, "properties.id", "found nothing, expected a value: it is required"],
  [
    { properties: { a: { items: { maximum: 3 } } } },
    { a: [1, 9] },
    "properties.a[1]",
    "found a number, expected at most 3",
  ],
  [{ additionalProperties: false }, { b: 1 }, "properties.b", "found a number, expected nothing here"],
  [
    { properties: { a: { enum: ["x", "y"] } } },
    { a: "secret" },
    "properties.a",
    'found a text of 6 characters, expected one of "x","y"',
  ],
  [
    { properties: { a: { anyOf: [{ type: "null" }, { minLength: 3 }] } } },
    { a: "x" },
    "properties.a",
    "found a text of 1 characters, expected what fits one of the 2 schemas of `anyOf`",
  ],
  [
    { properties: { a: { format: "email" } } },
    { a: "me@" },
    "properties.a",
    "found a text of 3 characters, expected a text of the format email",
  ],
  [
    { properties: { a: { type: ["integer", "null"] } } },
    { a: 1.5 },
    "properties.a",
    "found a number, expected an integer or null",
  ],
  [
    { propertyNames: { pattern: "^[a-z]+$" } },
    { A1: 1 },
    "properties.A1",
    "found an object, expected names that fit `propertyNames`: a text that matches ^[a-z]+$",
  ],
  [
    { dependentRequired: { a: ["b"] } },
    { a: 1 },
    "properties.b",
    "found nothing, expected a value: it is required beside `a`",
  ],
  [
    { properties: { a: { uniqueItems: true } } },
    {
      a: [
        { x: 1, y: 2 },
        { y: 2, x: 1 },
      ],
    },
    "properties.a[1]",
    "found an object, expected items that all differ",
  ],
])("%j: says of %j where and why, and nothing of its values", async (schema, properties, path, message) => {
  const { findFault } = await compileSchema(schema);
  expect(findFault(properties)).toEqual({ path, message });
});

it("does not judge by what is no schema of this release: its caller cannot go on", async () => {
  await expect(compileSchema({ $dynamicRef: "#a" })).rejects.toMatchObject({ code: "schemas_unavailable" });
});

it("takes multiples as they are written, whatever doubles make of them", async () => {
  const [whole, digits] = [fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), fc.integer({ min: 0, max: 6 })];
  await fc.assert(
    fc.asyncProperty(whole, digits, fc.integer({ min: 1, max: 60 }), digits, async (value, k, of, d) => {
      const { findFault } = await compileSchema({ properties: { a: { multipleOf: Number(`${of}e-${d}`) } } });
      const isMultiple = (BigInt(value) * 10n ** BigInt(6 - k)) % (BigInt(of) * 10n ** BigInt(6 - d)) === 0n;
      expect(findFault({ a: Number(`${value}e-${k}`) }) === undefined).toBe(isMultiple);
    }),
  );
});

it("counts 0.0075 as a multiple of 0.0001, and numbers that no double holds as what is nearest", async () => {
  const { findFault } = await compileSchema({ properties: { a: { multipleOf: 0.0001 } } });
  expect(findFault({ a: 0.0075 })).toBeUndefined();
  expect(findFault({ a: 1e300 })).toBeUndefined();
  expect(findFault({ a: 0.00751 })).toBeDefined();
});

import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { JsonSchema } from "../../../../shared/schema/json-schema.ts";
import { checkSchema } from "../../../../shared/schema/judge/check-schema.ts";
import { compileSchema } from "../../../../shared/schema/judge/compile-schema.ts";

/** Not the empty one, nor any that every object has: Ajv takes some for others. The hostile schemas have them. */
const names = fc.constantFrom("a", "b", "ab", "b-a");
const scalar = fc.constantFrom<unknown>(
  null,
  true,
  false,
  0,
  -0,
  1,
  1.5,
  10,
  -3,
  "",
  "a",
  "ab",
  "abc",
  "😀",
  "2026-11-30",
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small", maxDepth: 4 },
    scalar,
    fc.array(tie("any"), { maxLength: 4 }),
    fc.array(fc.tuple(names, tie("any")), { maxLength: 4 }).map((pairs) => toObject(pairs)),
  ),
})).any;

/** As JSON is parsed: each name is the object's own. */
function toObject(pairs: readonly (readonly [string, unknown])[]): Readonly<Record<string, unknown>> {
  return JSON.parse(`{${pairs.map(([name, inner]) => `${JSON.stringify(name)}:${JSON.stringify(inner)}`).join()}}`);
}

const count = fc.integer({ min: 0, max: 3 });
const someNames = fc.uniqueArray(names, { maxLength: 3 });
const typeName = fc.constantFrom("null", "boolean", "integer", "number", "string", "array", "object");

type Schemas = { schema: unknown; list: unknown[]; map: Readonly<Record<string, unknown>> };

const leaves = {
  type: fc.oneof(typeName, fc.uniqueArray(typeName, { minLength: 1, maxLength: 3 })),
  enum: fc.uniqueArray(value, { minLength: 1, maxLength: 3 }),
  const: value,
  minimum: fc.integer({ min: -3, max: 3 }),
  exclusiveMaximum: fc.integer({ min: -3, max: 11 }),
  multipleOf: fc.constantFrom(0.5, 1, 3),
  minLength: count,
  maxLength: count,
  pattern: fc.constantFrom("^a", "b$", "^.{2}$", "c"),
  minItems: count,
  maxItems: count,
  uniqueItems: fc.boolean(),
  minProperties: count,
  maxProperties: count,
  required: someNames,
  dependentRequired: fc.array(fc.tuple(names, someNames), { maxLength: 2 }).map(toObject),
  $ref: fc.constantFrom("#/$defs/leaf", "#tree"),
};
const ofSchema = ["items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else"];
const ofRest = ["unevaluatedItems", "unevaluatedProperties"];
const ofList = ["prefixItems", "allOf", "anyOf", "oneOf"];
const ofMap = ["properties", "dependentSchemas"];
const keywordNames = [
  ...Object.keys(leaves),
  ...ofSchema,
  ...ofRest,
  ...ofRest,
  ...ofList,
  ...ofMap,
  "patternProperties",
];

/** A few keywords each: of many, nothing fits. */
const schemasOf = (keywords: readonly string[]): fc.LetrecValue<Schemas> =>
  fc.letrec<Schemas>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 3, depthSize: "medium" },
      fc.boolean(),
      fc.uniqueArray(fc.constantFrom(...keywords), { minLength: 1, maxLength: 4 }).chain((kept) =>
        fc.record(
          Object.fromEntries(
            kept.map((name): [string, fc.Arbitrary<unknown>] => {
              if (ofSchema.includes(name) || ofRest.includes(name)) return [name, tie("schema")];
              if (ofList.includes(name)) return [name, tie("list")];
              if (name === "patternProperties") return [name, fc.record({ "^a": tie("schema"), b$: tie("schema") })];
              return [name, ofMap.includes(name) ? tie("map") : leaves[name as keyof typeof leaves]];
            }),
          ),
        ),
      ),
    ),
    list: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }),
    map: fc.array(fc.tuple(names, tie("schema")), { maxLength: 2 }).map(toObject),
  }));

const defs = {
  leaf: { type: ["string", "integer"] },
  tree: { $anchor: "tree", properties: { a: { $ref: "#tree" } }, items: { $ref: "#/$defs/tree" } },
};

/** Ajv 8.20 throws a TypeError for some (`oneOf` beside `patternProperties`, with `unevaluatedProperties` around). */
function ask(validate: (value: unknown) => unknown, value: unknown): boolean | undefined {
  try {
    return validate(value) === true;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Behind `prefixItems`, Ajv 8.20 leaves `contains` out for an empty array. */
function isRightInAjv(schema: unknown): boolean {
  const text = JSON.stringify(schema);
  return !(text.includes('"contains"') && text.includes('"prefixItems"'));
}

it.each<readonly [JsonSchema, unknown, boolean]>([
  [{ contains: false, prefixItems: [{ type: "null" }] }, [], false],
  // It takes all items for evaluated where `contains` is, also those that did not match, …
  [{ contains: { type: "null" }, unevaluatedItems: false }, [null, 1], true],
  // … and where one branch of several is left that did not fit.
  [{ if: false, oneOf: [true, { items: false, type: ["null"] }], unevaluatedItems: { type: ["null"] } }, [[]], true],
])("%j does not take %j, though Ajv does", async (schema, value, isRight) => {
  expect(new Ajv2020({ strict: false }).validate(schema, value)).toBe(true);
  expect((await compileSchema(schema)).findFault(value)).toBeDefined();
  expect(isRightInAjv(schema)).toBe(isRight);
});

const rest = new Set(ofRest);

/** What Ajv takes for evaluated is not always what the specification says (above): the same schemas each time. */
it.each<readonly [string, readonly string[], { readonly seed?: number }]>([
  ["", keywordNames.filter((name) => !rest.has(name)), {}],
  [" with what is not evaluated", keywordNames, { seed: 1 }],
])("judges as Ajv does, whatever the schema%s and the value", async (_, keywords, parameters) => {
  let judged = 0;
  let unfit = 0;
  await fc.assert(
    fc.asyncProperty(
      schemasOf(keywords).schema,
      fc.array(value, { minLength: 8, maxLength: 16 }),
      async (inner, values) => {
        const schema: JsonSchema = { allOf: [inner], $defs: defs };
        expect(checkSchema(schema)).toEqual([]);
        fc.pre(isRightInAjv(inner));
        const ajv = new Ajv2020({ strict: false, logger: false, validateFormats: false });
        const validate = ajv.compile(schema);
        const { findFault } = await compileSchema(schema);
        for (const one of values) {
          const expected = ask(validate, one);
          if (expected === undefined) continue;
          const isFit = findFault(one) === undefined;
          judged++;
          if (!isFit) unfit++;
          expect({ one, isFit }).toEqual({ one, isFit: expected });
        }
      },
    ),
    { numRuns: 100, ...parameters },
  );
  // Neither everything fits, nor nothing.
  expect(unfit).toBeGreaterThan(judged / 10);
  expect(judged - unfit).toBeGreaterThan(judged / 10);
});

import { expect, it } from "vitest";
import { checkSchema } from "../../../../shared/schema/judge/check-schema.ts";

it.each<readonly [unknown, string, string]>([
  [true, "", "object"],
  [[], "", "object"],
  [null, "", "object"],
  [{ type: "text" }, "/type", "must be one of"],
  [{ type: ["string", "string"] }, "/type", "different"],
  [{ properties: { a: 5 } }, "/properties/a", "must be a schema"],
  [{ properties: { "a/b~c": { minLength: -1 } } }, "/properties/a~1b~0c/minLength", "0 or more"],
  [{ required: ["a", "a"] }, "/required", "different names"],
  [{ enum: [] }, "/enum", "at least one"],
  [{ anyOf: [] }, "/anyOf", "at least one"],
  [{ allOf: [true, { minimum: "1" }] }, "/allOf/1/minimum", "number"],
  [{ minimum: Number.POSITIVE_INFINITY }, "/minimum", "double"],
  [{ multipleOf: 0 }, "/multipleOf", "above 0"],
  [{ $schema: "http://json-schema.org/draft-07/schema#" }, "/$schema", "2020-12"],
  [{ definitions: {} }, "/definitions", "use `$defs`"],
  [{ nullable: true }, "/nullable", '"null"'],
  [{ items: { $dynamicRef: "#x" } }, "/items/$dynamicRef", "use `$ref`"],
  [{ required: ["a"], requried: ["b"] }, "/requried", "x-"],
  [{ properties: { mail: { "x-pii": "mask" } } }, "/properties/mail/x-pii", "must be `hash`, `drop` or `truncate`"],
  [{ format: "hostname" }, "/format", "not supported"],
  [{ $ref: "https://example.com/a.json" }, "/$ref", "leads out"],
  [{ $ref: "other.json#/a" }, "/$ref", "leads out"],
  [{ $ref: "#/$defs/none" }, "/$ref", "no schema"],
  [{ $ref: "#none" }, "/$ref", "no schema"],
  [{ enum: [{ a: {} }], $ref: "#/enum/0/a" }, "/$ref", "no schema"],
  [{ $ref: "#" }, "/$ref", "back to itself"],
  [
    { $defs: { a: { anyOf: [{ $ref: "#/$defs/b" }] }, b: { not: { $ref: "#/$defs/a" } } } },
    "/$defs/b/not/$ref",
    "back",
  ],
  [{ items: { $id: "https://example.com/b" } }, "/items/$id", "$anchor"],
  [{ $defs: { a: { $anchor: "x" }, b: { $anchor: "x" } } }, "/$defs/b/$anchor", "another schema"],
  [{ pattern: "(a" }, "/pattern", "not a regular expression"],
  [{ patternProperties: { "(?=a)": true } }, "/patternProperties/(?=a)", "linear"],
  [{ pattern: "a".repeat(513) }, "/pattern", "513 characters"],
  [{ pattern: "a{1001}" }, "/pattern", "1000 steps"],
  [{ items: { propertyNames: { pattern: "(a)\\1" } } }, "/items/propertyNames/pattern", "linear"],
])("%j: says that %s is wrong: %s", (schema, pointer, message) => {
  const problems = checkSchema(schema);
  expect(problems).toContainEqual({ pointer, message: expect.stringContaining(message) });
});

it("takes every keyword with what it is for, annotations, and names that every object has", () => {
  const schema = JSON.parse(`{
    "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.com/order", "$comment": "c",
    "title": "Order", "description": "An order", "default": {}, "examples": [{}], "deprecated": false, "readOnly": true,
    "writeOnly": false, "x-owner": "checkout", "x-team": {"any": ["thing"]}, "type": "object", "required": ["id"],
    "properties": {"id": {"format": "uuid"}, "__proto__": {"type": "string"}, "constructor": true, "$ref": {"minLength": 1},
      "mail": {"format": "email", "contentMediaType": "text/plain", "contentEncoding": "base64"}},
    "patternProperties": {"^x-": {"enum": [1, "a", null, {"a": []}]}}, "unevaluatedProperties": false
  }`);
  expect(checkSchema(schema)).toEqual([]);
});

it("tells all faults, and 100 at most", () => {
  expect(checkSchema({ type: 1, minLength: -1, foo: 1 })).toHaveLength(3);
  const properties = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, { type: i }]));
  expect(checkSchema({ properties })).toHaveLength(100);
});

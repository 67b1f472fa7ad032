import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../../../../shared/schema/json-schema.ts";
import { checkSchema } from "../../../../shared/schema/judge/check-schema.ts";
import { findEnded } from "../../../../shared/schema/privacy/find-ended.ts";
import { checkMarks, findRules } from "../../../../shared/schema/privacy/rules.ts";

const hash = { "x-pii": "hash" };
const drop = { "x-pii": "drop" };
const truncate = { type: "string", "x-pii": "truncate" };
const at = (name: string, schema: object): JsonSchema => ({ properties: { [name]: schema } });

const refused: readonly (readonly [JsonSchema, string, string])[] = [
  [at("a", { "x-pii": "mask" }), "/properties/a/x-pii", "must be `hash`, `drop` or `truncate`"],
  [at("a", { "x-pii": { truncate: 4 } }), "/properties/a/x-pii", "must be `hash`, `drop` or `truncate`"],
  [at("a", { "x-pii": "truncate" }), "/properties/a/x-pii", "only a text is truncated"],
  [at("a", { type: ["string", "number"], "x-pii": "truncate" }), "/properties/a/x-pii", "only a text is truncated"],
  [{ "x-pii": "hash" }, "/x-pii", "marks a property"],
  [{ allOf: [{ properties: { a: hash } }, hash] }, "/allOf/1/x-pii", "marks a property"],
  [{ patternProperties: { "^a": hash } }, "/patternProperties/^a", "marks what a pattern finds"],
  [
    { patternProperties: { "^a": {} }, additionalProperties: hash },
    "/additionalProperties",
    "stands beside `patternProperties`",
  ],
  [at("a", { not: at("b", hash) }), "/properties/a/not", "says what a value is not"],
  [at("a", { contains: hash }), "/properties/a/contains", "holds for some items"],
  [{ unevaluatedProperties: hash }, "/unevaluatedProperties", "use `additionalProperties`"],
  [at("a", { unevaluatedItems: hash }), "/properties/a/unevaluatedItems", "use `items`"],
  [{ propertyNames: hash }, "/propertyNames", "marks names"],
  [
    { $defs: { mail: hash }, patternProperties: { "^a": { $ref: "#/$defs/mail" } } },
    "/patternProperties/^a",
    "cannot be held to",
  ],
  [{ $defs: { mail: hash } }, "/$defs/mail/x-pii", "nothing leads here"],
];

/** As registration does. */
function check(schema: JsonSchema) {
  const faults = checkSchema(schema);
  return faults.length > 0 ? faults : checkMarks(schema);
}

describe("a mark that no rule can hold to is refused at registration, with its pointer", () => {
  it.each(refused)("%j", (schema, pointer, message) => {
    const problems = check(schema);
    expect(problems.map((one) => one.pointer)).toContain(pointer);
    expect(problems.find((one) => one.pointer === pointer)?.message).toContain(message);
  });

  it.each([
    at("a", hash),
    at("a", truncate),
    at("a", { type: ["string", "null"], "x-pii": "truncate" }),
    at("a", { items: at("b", drop) }),
    at("a", { prefixItems: [hash], items: drop }),
    { additionalProperties: hash },
    { $defs: { mail: { $anchor: "m", ...hash } }, properties: { a: { $ref: "#m" }, b: { $ref: "#/$defs/mail" } } },
    // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema.
    { if: at("a", hash), then: at("b", hash), else: at("c", hash), dependentSchemas: { d: at("e", drop) } },
    { anyOf: [at("a", hash), at("b", hash)], oneOf: [at("c", hash)], allOf: [at("d", hash)] },
    // A tree: the mark is as deep as a value goes.
    { $defs: { node: { properties: { mail: hash, next: { $ref: "#/$defs/node" } } } }, $ref: "#/$defs/node" },
  ])("and any other is taken: %j", (schema) => {
    expect(check(schema)).toEqual([]);
  });
});

describe("rules that end", () => {
  it.each<readonly [string, JsonSchema, JsonSchema, readonly string[]]>([
    ["the same one is left", at("a", hash), at("a", hash), []],
    ["a stronger one is left", at("a", hash), at("a", drop), []],
    ["a weaker one is left", at("a", hash), at("a", truncate), ["/properties/a"]],
    ["none is left", at("a", hash), at("b", hash), ["/properties/a"]],
    ["one above it is left", at("a", at("b", hash)), at("a", hash), []],
    ["one for all names is left", at("a", hash), { additionalProperties: hash }, []],
    [
      "one for all other names is left",
      at("a", hash),
      { properties: { a: {} }, additionalProperties: hash },
      ["/properties/a"],
    ],
    ["it was for all names", { additionalProperties: hash }, at("a", hash), ["/additionalProperties"]],
    ["of items", at("a", { items: hash }), at("a", { prefixItems: [hash], items: hash }), []],
    ["of the first item", at("a", { prefixItems: [hash] }), at("a", { items: hash }), []],
    ["of the second item", at("a", { items: hash }), at("a", { prefixItems: [hash] }), ["/properties/a/items"]],
    [
      "in a tree",
      { $defs: { n: { properties: { mail: hash, next: { $ref: "#/$defs/n" } } } }, $ref: "#/$defs/n" },
      at("mail", hash),
      ["/properties/next/properties/mail"],
    ],
  ])("%s", (_, ending, left, pointers) => {
    expect(findEnded(findRules(ending), findRules(left))).toEqual(pointers);
  });
});

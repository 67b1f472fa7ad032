import type { JsonSchema } from "../../../shared/schema/json-schema.ts";

/** What breaks, as "kind pointer", and a value that only one of the schemas takes; what is undecided has none. */
type Verdict = readonly [breaks: string, example?: unknown];

export interface Pair {
  readonly name: string;
  readonly older: JsonSchema;
  readonly newer: JsonSchema;
  /** Absent: compatible. */
  readonly backward?: Verdict;
  readonly forward?: Verdict;
}

type Verdicts = Pick<Pair, "backward" | "forward">;

const pair = (name: string, older: JsonSchema, newer: JsonSchema, verdicts: Verdicts = {}): Pair => ({
  name,
  older,
  newer,
  ...verdicts,
});

/** The property `a` of an object. */
const a = (schema: unknown, more: JsonSchema = {}): JsonSchema => ({
  type: "object",
  properties: { a: schema },
  ...more,
});
const closed = { additionalProperties: false };
const text = { type: "string" };
const number = { type: "number" };
const integer = { type: "integer" };
const when = (condition: JsonSchema, result: JsonSchema): JsonSchema =>
  Object.fromEntries(["if", "then"].map((keyword, index) => [keyword, index === 0 ? condition : result]));
const list = (more: JsonSchema): JsonSchema => a({ type: "array", ...more });
const base = { $defs: { zip: { type: "string", minLength: 4 } } };
const either = (...branches: unknown[]): JsonSchema => ({ type: "object", oneOf: branches });
const tagged = (kind: string, more: JsonSchema = {}, required: string[] = []): JsonSchema => ({
  properties: { kind: { const: kind }, ...more },
  required: ["kind", ...required],
});
const tree = (leaf: unknown): JsonSchema => ({
  type: "object",
  properties: { leaf, child: { $ref: "#" } },
  additionalProperties: false,
});

const fields: Pair[] = [
  pair("nothing changes", a(text), a(text)),
  pair(
    "only words change",
    a(text),
    a({ ...text, title: "A", description: "b", examples: ["c"] }, { "x-owner": "team" }),
  ),
  pair(
    "an optional field comes to a closed schema",
    a(text, closed),
    { ...a(text, closed), properties: { a: text, b: text } },
    {
      forward: ["field_added /properties/b", { b: "" }],
    },
  ),
  pair(
    "an optional field with a type comes to an open schema",
    a(text),
    { type: "object", properties: { a: text, b: text } },
    {
      backward: ["property_typed /properties/b", { b: 1 }],
    },
  ),
  pair("an optional field without a type comes to an open schema", a(text), {
    type: "object",
    properties: { a: text, b: {} },
  }),
  pair(
    "a field goes from a closed schema",
    { type: "object", properties: { a: text, b: text }, ...closed },
    a(text, closed),
    {
      backward: ["field_removed /properties/b", { b: "" }],
    },
  ),
  pair("a field goes from an open schema", { type: "object", properties: { a: text, b: text } }, a(text), {
    forward: ["property_untyped /properties/b", { b: 1 }],
  }),
  pair(
    "a field that may be anything goes from an open schema",
    { type: "object", properties: { a: text, b: true } },
    a(text),
  ),
  pair(
    "a field is renamed in a closed schema",
    a(text, closed),
    { type: "object", properties: { b: text }, ...closed },
    {
      backward: ["field_removed /properties/a", { a: "" }],
      forward: ["field_added /properties/b", { b: "" }],
    },
  ),
  pair("an optional field becomes required", a(text), a(text, { required: ["a"] }), {
    backward: ["required_added /required/0", {}],
  }),
  pair("a required field becomes optional", a(text, { required: ["a"] }), a(text), {
    forward: ["required_removed /required/0", {}],
  }),
  pair(
    "required by a branch of allOf all along",
    a(text, { allOf: [{ required: ["a"] }] }),
    a(text, { required: ["a"] }),
  ),
  pair("additionalProperties closes", a(text), a(text, closed), {
    backward: ["additional_closed /additionalProperties", { b: 1 }],
  }),
  pair("additionalProperties get a type", a(text), a(text, { additionalProperties: text }), {
    backward: ["type_narrowed /additionalProperties/type", { b: 1 }],
  }),
  pair(
    "a field that additionalProperties had typed is named with the same type",
    a(text, { additionalProperties: text }),
    {
      type: "object",
      properties: { a: text, b: text },
      additionalProperties: text,
    },
  ),
  pair(
    "a field that additionalProperties had typed gets another type",
    a(text, { additionalProperties: text }),
    {
      type: "object",
      properties: { a: text, b: number },
      additionalProperties: text,
    },
    {
      backward: ["property_typed /properties/b", { b: "" }],
      forward: ["type_widened /additionalProperties/type", { b: 1 }],
    },
  ),
  pair("a field is forbidden", a(text), a(false), { backward: ["forbidden /properties/a", { a: "" }] }),
  pair("a forbidden field goes", a(false, closed), { type: "object", ...closed }),
  pair(
    "unevaluatedProperties says what additionalProperties said",
    a(text, closed),
    a(text, { unevaluatedProperties: false }),
  ),
  pair(
    "unevaluatedProperties closes what references leave",
    a(text, { $ref: "#/$defs/b", $defs: { b: {} } }),
    a(text, {
      $ref: "#/$defs/b",
      $defs: { b: {} },
      unevaluatedProperties: false,
    }),
    { backward: ["undecided /unevaluatedProperties"] },
  ),
  pair(
    "a field called constructor is named",
    { type: "object" },
    { type: "object", properties: { constructor: text } },
    {
      backward: ["property_typed /properties/constructor", { constructor: 1 }],
    },
  ),
  pair(
    "a field with a slash and a tilde in its name",
    a(text),
    { type: "object", properties: { a: text, "b/~": text } },
    {
      backward: ["property_typed /properties/b~1~0", { "b/~": 1 }],
    },
  ),
  pair(
    "a field of a field becomes required",
    a({ properties: { b: text }, type: "object" }),
    a({
      properties: { b: text },
      type: "object",
      required: ["b"],
    }),
    { backward: ["required_added /properties/a/required/0", { a: {} }] },
  ),
];

const types: Pair[] = [
  pair("integer becomes number", a(integer), a(number), { forward: ["type_widened /properties/a/type", { a: 1.5 }] }),
  pair("number becomes integer", a(number), a(integer), { backward: ["type_narrowed /properties/a/type", { a: 1.5 }] }),
  pair("text becomes number", a(text), a(number), {
    backward: ["type_narrowed /properties/a/type", { a: "" }],
    forward: ["type_widened /properties/a/type", { a: 1 }],
  }),
  pair("null is taken too", a(text), a({ type: ["string", "null"] }), {
    forward: ["type_widened /properties/a/type", { a: null }],
  }),
  pair("null is taken too, by anyOf", a(text), a({ anyOf: [text, { type: "null" }] }), {
    forward: ["type_widened /properties/a/type", { a: null }],
  }),
  pair("a list of types becomes anyOf", a({ type: ["string", "null"] }), a({ anyOf: [text, { type: "null" }] })),
  pair("a type comes", a({}), a(text), { backward: ["type_narrowed /properties/a/type", { a: 1 }] }),
  pair("an empty schema becomes true", a({}), a(true)),
  pair("all types are named", a({}), a({ type: ["null", "boolean", "object", "array", "string", "number"] })),
  pair("a type beside an enum", a({ enum: ["x", "y"] }), a({ enum: ["x", "y"], ...text })),
  pair("true and false become boolean", a({ enum: [true, false] }), a({ type: "boolean" })),
  pair("an enum is longer", a({ enum: ["x"] }), a({ enum: ["x", "y"] }), {
    forward: ["enum_extended /properties/a/enum", { a: "y" }],
  }),
  pair("an enum is shorter", a({ enum: ["x", "y"] }), a({ enum: ["y"] }), {
    backward: ["enum_shortened /properties/a/enum", { a: "x" }],
  }),
  pair("an enum comes to text", a(text), a({ ...text, enum: ["x"] }), {
    backward: ["enum_shortened /properties/a/enum", { a: "z" }],
  }),
  pair("a const becomes an enum with it", a({ const: "x" }), a({ enum: ["y", "x"] }), {
    forward: ["enum_extended /properties/a/const", { a: "y" }],
  }),
  pair("a const changes", a({ const: { x: 1, y: [2] } }), a({ const: { y: [2], x: 2 } }), {
    backward: ["enum_shortened /properties/a/const", { a: { x: 1, y: [2] } }],
    forward: ["enum_extended /properties/a/const", { a: { x: 2, y: [2] } }],
  }),
  pair("a const is written another way", a({ const: { x: 1, y: [2] } }), a({ const: { y: [2.0], x: 1 } })),
];

const bounds: Pair[] = [
  pair("a minimum grows", a({ ...number, minimum: 1 }), a({ ...number, minimum: 2 }), {
    backward: ["bounds_tightened /properties/a/minimum", { a: 1 }],
  }),
  pair("a maximum grows", a({ ...number, maximum: 1 }), a({ ...number, maximum: 2 }), {
    forward: ["bounds_loosened /properties/a/maximum", { a: 2 }],
  }),
  pair("a minimum becomes exclusive", a({ ...number, minimum: 1 }), a({ ...number, exclusiveMinimum: 1 }), {
    backward: ["bounds_tightened /properties/a/exclusiveMinimum", { a: 1 }],
  }),
  pair("of integers, more than 1 is at least 2", a({ ...integer, exclusiveMinimum: 1 }), a({ ...integer, minimum: 2 })),
  pair(
    "of integers, less than 2.5 is at most 2",
    a({ ...integer, exclusiveMaximum: 2.5 }),
    a({ ...integer, maximum: 2 }),
  ),
  pair("a minimum comes to a schema without type", a({}), a({ minimum: 1 }), {
    backward: ["bounds_tightened /properties/a/minimum", { a: 0 }],
  }),
  pair("a minimum comes to text", a(text), a({ ...text, minimum: 1 })),
  pair("minLength comes to a schema without type", a({}), a({ minLength: 1 }), {
    backward: ["bounds_tightened /properties/a/minLength", { a: "" }],
  }),
  pair("minLength comes to numbers", a(number), a({ ...number, minLength: 1 })),
  pair("maxLength below an enum's longest", a({ enum: ["x", "yy"] }), a({ enum: ["x", "yy"], maxLength: 1 }), {
    backward: ["bounds_tightened /properties/a/maxLength", { a: "yy" }],
  }),
  pair(
    "maxLength that all of an enum have, in characters",
    a({ enum: ["x", "😀"] }),
    a({ enum: ["x", "😀"], maxLength: 1 }),
  ),
  pair("maxLength shrinks", a({ ...text, maxLength: 9 }), a({ ...text, maxLength: 8 }), {
    backward: ["bounds_tightened /properties/a/maxLength", { a: "123456789" }],
  }),
  pair("multipleOf comes", a(integer), a({ ...integer, multipleOf: 2 }), {
    backward: ["bounds_tightened /properties/a/multipleOf", { a: 1 }],
  }),
  pair("a pattern comes", a(text), a({ ...text, pattern: "^x" }), {
    backward: ["constraint_added /properties/a/pattern", { a: "y" }],
  }),
  pair("a pattern changes", a({ ...text, pattern: "^x" }), a({ ...text, pattern: "^[x]" }), {
    backward: ["undecided /properties/a/pattern"],
    forward: ["undecided /properties/a/pattern"],
  }),
  pair("a format comes", a(text), a({ ...text, format: "date" }), {
    backward: ["format_added /properties/a/format", { a: "y" }],
  }),
  pair("a format changes", a({ ...text, format: "date" }), a({ ...text, format: "date-time" }), {
    backward: ["format_added /properties/a/format", { a: "2026-01-01" }],
    forward: ["format_removed /properties/a/format", { a: "2026-01-01T00:00:00Z" }],
  }),
  pair(
    "minProperties that required says already",
    a(text, { required: ["a"] }),
    a(text, { required: ["a"], minProperties: 1 }),
  ),
  pair("maxProperties comes", a(text), a(text, { maxProperties: 1 }), {
    backward: ["bounds_tightened /maxProperties", { a: "", b: 1 }],
  }),
];

const lists: Pair[] = [
  pair("items get a type", list({}), list({ items: text }), {
    backward: ["type_narrowed /properties/a/items/type", { a: [1] }],
  }),
  pair("items get a type where none may come", list({ maxItems: 0 }), list({ maxItems: 0, items: text })),
  pair("minItems grows", list({ minItems: 1 }), list({ minItems: 2 }), {
    backward: ["bounds_tightened /properties/a/minItems", { a: [1] }],
  }),
  pair("items become unique", list({}), list({ uniqueItems: true }), {
    backward: ["constraint_added /properties/a/uniqueItems", { a: [1, 1] }],
  }),
  pair("a prefix comes that items had said", list({ items: text }), list({ prefixItems: [text], items: text })),
  pair("a prefix says less than items", list({ items: text }), list({ prefixItems: [{}], items: text }), {
    forward: ["type_widened /properties/a/items/type", { a: [1] }],
  }),
  pair(
    "a prefix gets longer and closes there",
    list({ prefixItems: [text] }),
    list({ prefixItems: [text, text], items: false }),
    {
      backward: [
        "type_narrowed /properties/a/prefixItems/1/type, additional_closed /properties/a/items",
        { a: ["", 1] },
      ],
    },
  ),
  pair("contains comes", list({}), list({ contains: text }), {
    backward: ["constraint_added /properties/a/contains", { a: [] }],
  }),
  pair("contains asks for fewer", list({ contains: text, minContains: 2 }), list({ contains: text }), {
    forward: ["undecided /properties/a/contains", { a: [""] }],
  }),
  pair("contains looks for something wider", list({ contains: integer }), list({ contains: number }), {
    forward: ["undecided /properties/a/contains", { a: [1.5] }],
  }),
  pair("maxContains comes", list({ contains: text }), list({ contains: text, maxContains: 1 }), {
    backward: ["undecided /properties/a/contains", { a: ["", ""] }],
  }),
];

const names: Pair[] = [
  pair("names get a pattern", a(text), a(text, { propertyNames: { pattern: "^a" } }), {
    backward: ["constraint_added /propertyNames/pattern", { b: 1 }],
  }),
  pair(
    "names get a length that all named ones have",
    a(text, closed),
    a(text, { ...closed, propertyNames: { maxLength: 1 } }),
  ),
  pair("a pattern for names comes", a(text), a(text, { patternProperties: { "^b": text } }), {
    backward: ["undecided /patternProperties/^b", { b: 1 }],
  }),
  pair(
    "a pattern for names comes that additionalProperties had said",
    a(text, { additionalProperties: text }),
    a(text, {
      additionalProperties: text,
      patternProperties: { "^b": { type: "string" } },
    }),
  ),
  pair(
    "what a pattern's names hold is wider",
    { patternProperties: { "^b": integer }, ...closed },
    { patternProperties: { "^b": number }, ...closed },
    {
      forward: ["type_widened /patternProperties/^b/type", { b: 1.5 }],
    },
  ),
  pair(
    "a field that a pattern may match is named",
    { patternProperties: { "^b": integer }, ...closed },
    {
      properties: { b: text },
      patternProperties: { "^b": integer },
      ...closed,
    },
    { backward: ["property_typed /properties/b", { b: 1 }], forward: ["undecided /properties/b"] },
  ),
  pair("a field brings another one", a(text), a(text, { dependentRequired: { a: ["b"] } }), {
    backward: ["required_added /dependentRequired/a", { a: "" }],
  }),
  pair(
    "a field brings another one that is required",
    a(text, { required: ["b"] }),
    a(text, {
      required: ["b"],
      dependentRequired: { a: ["b"] },
    }),
  ),
  pair("a field that may not come brings another one", a(false), a(false, { dependentRequired: { a: ["b"] } })),
  pair("a field brings a schema", a(text), a(text, { dependentSchemas: { a: { required: ["b"] } } }), {
    backward: ["required_added /dependentSchemas/a/required/0", { a: "" }],
  }),
];

const branches: Pair[] = [
  pair("a branch comes to anyOf", a({ anyOf: [text, integer] }), a({ anyOf: [text, integer, { type: "null" }] }), {
    forward: ["branch_added /properties/a/anyOf", { a: null }],
  }),
  pair("branches change their order", a({ anyOf: [text, integer] }), a({ anyOf: [integer, text] })),
  pair("a branch goes from oneOf", a({ oneOf: [text, integer] }), a({ oneOf: [text] }), {
    backward: ["branch_removed /properties/a/oneOf", { a: 1 }],
  }),
  pair(
    "oneOf over types that exclude each other becomes anyOf",
    a({ oneOf: [text, integer] }),
    a({ anyOf: [text, integer] }),
  ),
  pair("branches of oneOf overlap", a({ oneOf: [integer] }), a({ oneOf: [integer, number] }), {
    backward: ["undecided /properties/a/oneOf", { a: 1 }],
    forward: ["branch_added /properties/a/oneOf", { a: 1.5 }],
  }),
  pair("a kind comes to oneOf", either(tagged("x"), tagged("y")), either(tagged("x"), tagged("y"), tagged("z")), {
    forward: ["branch_added /oneOf", { kind: "z" }],
  }),
  pair(
    "one kind of oneOf gets a required field",
    either(tagged("x"), tagged("y")),
    either(tagged("x"), tagged("y", {}, ["b"])),
    {
      backward: ["branch_removed /oneOf", { kind: "y" }],
    },
  ),
  pair("allOf says what stood beside it", a({ ...integer, minimum: 1 }), a({ allOf: [integer, { minimum: 1 }] })),
  pair("a branch comes to allOf", a({ allOf: [text] }), a({ allOf: [text, { minLength: 1 }] }), {
    backward: ["bounds_tightened /properties/a/allOf/1/minLength", { a: "" }],
  }),
  pair("not stays", a({ not: { const: 1 } }), a({ not: { const: 1 } }, { title: "A" })),
  pair("not changes", a({ not: { const: 1 } }), a({ not: { enum: [1, 2] } }), {
    backward: ["undecided /properties/a/not", { a: 2 }],
    forward: ["undecided /properties/a/not"],
  }),
  pair("not refuses another type", a(text), a({ ...text, not: { type: "null" } })),
  pair("if stays while a field comes", when(a({ const: 1 }), { required: ["b"] }), {
    ...when(a({ const: 1 }), { required: ["b"] }),
    properties: { c: {} },
  }),
  pair("then changes", when(a({ const: 1 }), { required: ["b"] }), when(a({ const: 1 }), {}), {
    backward: ["undecided /if"],
    forward: ["undecided /if", { a: 1 }],
  }),
  pair("a keyword that nobody knows comes", a(text), a({ ...text, isbn: true }), {
    backward: ["undecided /properties/a/isbn"],
  }),
];

const references: Pair[] = [
  pair("a schema moves into $defs", a({ ...text, minLength: 4 }), { ...a({ $ref: "#/$defs/zip" }), ...base }),
  pair(
    "what a reference leads to changes",
    { ...a({ $ref: "#/$defs/zip" }), ...base },
    {
      ...a({ $ref: "#/$defs/zip" }),
      $defs: { zip: { ...text, minLength: 5 } },
    },
    { backward: ["bounds_tightened /$defs/zip/minLength", { a: "1234" }] },
  ),
  pair(
    "under a `not` that stays, what a reference leads to changes",
    { ...a({ not: { $ref: "#/$defs/zip" } }), ...base },
    {
      ...a({ not: { $ref: "#/$defs/zip" } }),
      $defs: { zip: { ...text, minLength: 5 } },
    },
    { backward: ["undecided /properties/a/not"], forward: ["undecided /properties/a/not", { a: "1234" }] },
  ),
  pair(
    "beside a reference something comes",
    { ...a({ $ref: "#/$defs/zip" }), ...base },
    {
      ...a({ $ref: "#/$defs/zip", maxLength: 5 }),
      ...base,
    },
    { backward: ["bounds_tightened /properties/a/maxLength", { a: "123456" }] },
  ),
  pair("a tree becomes wider", tree(integer), tree(number), {
    forward: ["type_widened /properties/leaf/type", { leaf: 1.5 }],
  }),
  pair("a tree unfolds once", tree(text), {
    ...tree(text),
    properties: { leaf: text, child: { $ref: "#/$defs/t" } },
    $defs: { t: { $ref: "#" } },
  }),
  pair(
    "a reference to an anchor comes",
    a(text),
    a({ ...text, $ref: "#here" }, { $defs: { b: { $anchor: "here" } } }),
    {
      backward: ["undecided /properties/a/$ref"],
    },
  ),
];

export const pairs: readonly Pair[] = [...fields, ...types, ...bounds, ...lists, ...names, ...branches, ...references];

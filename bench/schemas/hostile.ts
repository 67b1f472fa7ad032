/** A schema and an event that a tenant could send in order to hold an instance. */
export interface Hostile {
  readonly name: string;
  readonly schema: unknown;
  readonly properties: Readonly<Record<string, unknown>>;
  /** `refused`: the schema is not registered. `too long`: judging the event is given up. */
  readonly verdict: "refused" | "fits" | "does not fit" | "too long";
}

/** Characters of the texts, and numbers of names: what an event may have. */
const LONG = 64 * 1024;
const NAMES = 2_000;

/** The same at each run: what looks random has no pattern that an automaton could learn. */
function scramble(length: number, letters: string): string {
  let seed = 1;
  let text = "";
  for (let i = 0; i < length; i++) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    text += letters[(seed >> 16) % letters.length];
  }
  return text;
}

const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const named = (count: number, make: (i: number) => unknown): Readonly<Record<string, unknown>> =>
  Object.fromEntries(many(count, (i) => [`k${i}`, make(i)]));
const texts = (pattern: string) => ({ properties: { a: { type: "string", pattern } } });

/** `x` within `x` within `x`. */
function nest(depth: number, name: string): Readonly<Record<string, unknown>> {
  let inner: Readonly<Record<string, unknown>> = {};
  for (let i = 1; i < depth; i++) inner = { [name]: inner };
  return inner;
}

/** Each refers twice to the next one. */
const doubling = (levels: number) => ({
  properties: { a: { $ref: "#/$defs/d0" }, b: { additionalProperties: { $ref: "#/$defs/d0" } } },
  $defs: Object.fromEntries(
    many(levels, (i) => {
      const next = { $ref: `#/$defs/d${i + 1}` };
      return [`d${i}`, i === levels - 1 ? { type: "integer" } : { allOf: [next, next] }];
    }),
  ),
});

const prototypeNames = JSON.parse('{"__proto__": {"type": "string"}, "constructor": {"type": "string"}}');

const patterns: Hostile[] = [
  {
    name: "nested repetition, 64 KB that almost match",
    schema: texts("^(a+)+$"),
    properties: { a: `${"a".repeat(LONG)}!` },
    verdict: "does not fit",
  },
  {
    name: "overlapping repetition without an anchor, 64 KB",
    schema: texts("(x+x+)+y"),
    properties: { a: "x".repeat(LONG) },
    verdict: "does not fit",
  },
  {
    name: "an automaton of 8,192 states, 64 KB without a pattern",
    schema: texts("^(a|b)*a(a|b){12}$"),
    properties: { a: scramble(LONG, "ab") },
    verdict: "too long",
  },
  {
    name: "an automaton of 2^200 states, 64 KB",
    schema: texts("(a|b)*a(a|b){200}c"),
    properties: { a: scramble(LONG, "ab") },
    verdict: "too long",
  },
  {
    name: "a text of 64 KB in many scripts, by classes of Unicode",
    schema: texts("^[\\p{L}\\p{N}\\p{Z}]+$"),
    properties: { a: scramble(LONG, many(500, (i) => String.fromCharCode(0x4e00 + i)).join("")) },
    verdict: "fits",
  },
  { name: "looking ahead", schema: texts("^(?=.*[0-9]).+$"), properties: { a: "a" }, verdict: "refused" },
  { name: "going back", schema: texts("^(a+)\\1$"), properties: { a: "aa" }, verdict: "refused" },
  { name: "repetitions of repetitions", schema: texts("((a{10}){10}){100}"), properties: {}, verdict: "refused" },
  {
    name: "100 patterns for each of 2,000 names",
    schema: { patternProperties: Object.fromEntries(many(100, (i) => [`${i}(a|b)*$`, { type: "integer" }])) },
    properties: named(NAMES, (i) => i),
    verdict: "too long",
  },
  {
    name: "90 classes of characters, 64 KB",
    schema: texts(many(90, (i) => `[a${String.fromCharCode(0x400 + i)}]`).join("?")),
    properties: { a: scramble(LONG, "xyz0") },
    verdict: "does not fit",
  },
];

const sizes: Hostile[] = [
  { name: "a schema that is 70 deep", schema: nest(70, "not"), properties: {}, verdict: "refused" },
  {
    name: "a tree without end, and an event that is 20 deep",
    schema: { properties: { x: { $ref: "#" } }, additionalProperties: false },
    properties: nest(20, "x"),
    verdict: "fits",
  },
  { name: "a description of 64 KB", schema: { description: "x".repeat(LONG) }, properties: {}, verdict: "refused" },
  { name: "an enum of 1,001 values", schema: { enum: many(1_001, (i) => i) }, properties: {}, verdict: "refused" },
  {
    name: "1,000 values of an enum, and 2,000 names",
    schema: { additionalProperties: { enum: many(1_000, (i) => ({ value: i })) } },
    properties: named(NAMES, (i) => ({ value: i % 1_000 })),
    verdict: "too long",
  },
  {
    name: "1,900 properties, each with bounds of its own",
    schema: { properties: named(1_900, (i) => ({ minimum: i })), additionalProperties: false },
    properties: named(1_900, (i) => i),
    verdict: "fits",
  },
  {
    name: "2,100 schemas",
    schema: { properties: named(2_100, () => ({})) },
    properties: {},
    verdict: "refused",
  },
  {
    name: "64 KB of characters beyond 16 bits, counted",
    schema: { properties: { a: { minLength: 32_768, maxLength: 32_768 } } },
    properties: { a: "😀".repeat(LONG / 2) },
    verdict: "fits",
  },
  {
    name: "60,000 objects that must differ",
    schema: { properties: { a: { uniqueItems: true } } },
    properties: { a: many(60_000, (i) => [i]) },
    verdict: "too long",
  },
  {
    name: "2,000 multiples of 1e-300",
    schema: { additionalProperties: { multipleOf: 1e-300 } },
    properties: named(NAMES, (i) => 1e300 + i * 1e290),
    verdict: "too long",
  },
];

const applied: Hostile[] = [
  { name: "references that double 22 times", schema: doubling(22), properties: { a: 1 }, verdict: "refused" },
  {
    name: "references that double as often as they may, for each of 1,900 names",
    schema: doubling(7),
    properties: { a: 1, b: named(1_900, (i) => i) },
    verdict: "too long",
  },
  {
    name: "a reference to itself",
    schema: { properties: { a: { $ref: "#/properties/a" } } },
    properties: {},
    verdict: "refused",
  },
  {
    name: "a reference to another host",
    schema: { $ref: "https://example.com/s.json" },
    properties: {},
    verdict: "refused",
  },
  {
    name: "one of 400, for each of 2,000 items",
    schema: { properties: { a: { items: { oneOf: many(400, (i) => ({ const: i })) } } } },
    properties: { a: many(NAMES, (i) => i % 400) },
    verdict: "too long",
  },
  {
    name: "100 sets of what was seen, of 1,900 names",
    schema: {
      anyOf: many(100, () => ({ additionalProperties: true })),
      unevaluatedProperties: false,
    },
    properties: named(1_900, (i) => i),
    verdict: "too long",
  },
  {
    name: "names that every object has, asked for",
    schema: { required: ["toString", "__proto__"], properties: prototypeNames },
    properties: {},
    verdict: "does not fit",
  },
  {
    name: "names that every object has, sent",
    schema: { properties: prototypeNames, additionalProperties: false },
    properties: JSON.parse('{"__proto__": "a", "constructor": "b"}'),
    verdict: "fits",
  },
  {
    name: "names that every object has, and nobody asked for",
    schema: { properties: { a: true }, additionalProperties: false },
    properties: JSON.parse('{"__proto__": {"a": 1}}'),
    verdict: "does not fit",
  },
];

export const hostile: readonly Hostile[] = [...patterns, ...sizes, ...applied];

/** Events of a generated type, made from their number, and the properties of the schema that is to be inferred. */
interface GeneratedType {
  readonly name: string;
  readonly make: (index: number) => Record<string, unknown>;
  readonly expected: Record<string, unknown>;
}

export const EVENTS = 400;

const type = (name: string, make: GeneratedType["make"], expected: GeneratedType["expected"]): GeneratedType => ({
  ...{ name, make, expected },
});

const hex = (index: number, length: number): string =>
  (index * 2_654_435_761 + 12_345).toString(16).padStart(length, "0");
const time = (index: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString();
const text = { type: "string" };
const closed = { additionalProperties: false };

export const generatedTypes: readonly GeneratedType[] = [
  type("texts", (i) => ({ a: `text ${i}` }), { a: text }),
  type("few texts", (i) => ({ a: ["red", "green", "blue"][i % 3] }), {
    a: { ...text, enum: ["red", "green", "blue"] },
  }),
  type("texts that were few, and new ones come", (i) => ({ a: i < 300 ? `k${i % 3}` : `n${i % 4}` }), { a: text }),
  type("few texts or null", (i) => ({ a: [null, "x", "y"][i % 3] }), {
    a: { type: ["null", "string"], enum: ["x", "y", null] },
  }),
  type("whole numbers that are counts", (i) => ({ a: i % 7 }), { a: { type: "integer", minimum: 0 } }),
  type("whole numbers", (i) => ({ a: i - 200 }), { a: { type: "integer" } }),
  type("numbers", (i) => ({ a: i / 8 }), { a: { type: "number" } }),
  type("true and false", (i) => ({ a: i % 2 === 0 }), { a: { type: "boolean" } }),
  type("always null", () => ({ a: null }), { a: { type: "null" } }),
  type("times", (i) => ({ a: time(i) }), { a: { ...text, format: "date-time" } }),
  type("dates or null", (i) => ({ a: i % 5 ? time(i).slice(0, 10) : null }), {
    a: { type: ["null", "string"], format: "date" },
  }),
  type("UUIDs", (i) => ({ a: `0190a1b2-0000-7000-8000-${hex(i, 12).slice(-12)}` }), { a: { ...text, format: "uuid" } }),
  type("addresses of mail", (i) => ({ a: `person${i}@example.com` }), { a: { ...text, format: "email" } }),
  type("addresses of machines", (i) => ({ a: `10.0.${i % 256}.1` }), { a: { ...text, format: "ipv4" } }),
  type("URLs", (i) => ({ a: `https://example.com/${i}` }), { a: { ...text, format: "uri" } }),
  type("a text or a number", (i) => ({ a: i % 2 ? `n${i}` : i + 0.5 }), { a: { type: ["number", "string"] } }),
  type("lists of texts", (i) => ({ a: [`x${i}`, `y${i}`] }), { a: { type: "array", items: text } }),
  type("lists that are sometimes empty", (i) => ({ a: i % 2 ? [] : [i - 200] }), {
    a: { type: "array", items: { type: "integer" } },
  }),
  type("objects with an optional property", (i) => ({ a: i % 2 ? { b: `${i}x` } : { b: `${i}x`, c: true } }), {
    a: { type: "object", properties: { b: text, c: { type: "boolean" } }, required: ["b"], ...closed },
  }),
  type("lists of objects", (i) => ({ a: [{ sku: `s${i}`, price: i / 4 }] }), {
    a: {
      type: "array",
      items: {
        type: "object",
        properties: { sku: text, price: { type: "number" } },
        required: ["sku", "price"],
        ...closed,
      },
    },
  }),
];

/** Values that differ from one that fits: a property more, one less of those that are required, another type. */
export function makeMutants(value: Record<string, unknown>, schema: Record<string, unknown>): unknown[] {
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const without = required.map((name) => Object.fromEntries(Object.entries(value).filter(([own]) => own !== name)));
  const otherwise = Object.keys(value).map((name) => ({ ...value, [name]: { "not this": [] } }));
  return [{ ...value, "not this": 1 }, ...without, ...otherwise];
}

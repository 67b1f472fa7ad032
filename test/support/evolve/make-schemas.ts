import fc from "fast-check";
import type { JsonSchema } from "../../../shared/schema/json-schema.ts";

export type Pick = <T>(...values: readonly T[]) => T;
type Generator = fc.GeneratorValue;

/** Small, so that schemas meet and values come near their bounds. */
export const names = ["a", "b", "ca"];
export const strings = ["", "a", "b", "ab", "abc", "2026-01-01", "😀"];
export const numbers = [0, 1, 2, 3, 0.5, 1.5, -1];
const values = [...strings, ...numbers, null, true, false, [], ["a"], {}, { a: 1 }];

/** By place: `fc.gen` remembers arguments that look alike, and would hand out an object of another schema. */
export const pickFrom =
  (g: Generator): Pick =>
  (...list) =>
    list[g(fc.nat, { max: list.length - 1 })] as (typeof list)[number];

type Make = (schema: () => unknown, g: Generator, pick: Pick) => unknown;

const size: Make = (_, __, pick) => pick(0, 1, 2, 3);
const bound: Make = (_, __, pick) => pick(0, 1, 2, 1.5);
const one: Make = (schema) => schema();
const list: Make = (schema, _, pick) =>
  pick(1, 2, 2, 3, 0)
    .toString()
    .padEnd(pick(1, 2, 3))
    .split("")
    .map(schema);
const subset = <T>(g: Generator, from: readonly T[], minLength = 0): T[] => g(fc.subarray, [...from], { minLength });
const named: Make = (schema, g) => Object.fromEntries(subset(g, names, 1).map((name) => [name, schema()]));

/** Every keyword that refuses values, with what may stand there. */
export const keywords: Readonly<Record<string, Make>> = {
  type: (_, g, pick) =>
    pick<unknown>(
      "string",
      "number",
      "integer",
      "object",
      "array",
      subset(g, ["null", "string", "integer", "boolean", "object"], 1),
    ),
  enum: (_, g) => subset(g, values, 1),
  const: (_, __, pick) => pick<unknown>(...values),
  minimum: bound,
  maximum: bound,
  exclusiveMinimum: bound,
  exclusiveMaximum: bound,
  multipleOf: (_, __, pick) => pick(1, 2, 0.5),
  minLength: size,
  maxLength: size,
  pattern: (_, __, pick) => pick("^a", "b$"),
  format: (_, __, pick) => pick("date", "ipv4"),
  minItems: size,
  maxItems: size,
  uniqueItems: (_, __, pick) => pick(true, true, false),
  items: one,
  prefixItems: list,
  contains: one,
  minContains: size,
  maxContains: size,
  unevaluatedItems: one,
  properties: named,
  required: (_, g) => subset(g, names, 1),
  additionalProperties: (schema, _, pick) => pick<unknown>(false, false, schema()),
  patternProperties: (schema, _, pick) => ({ [pick("^a", "^b", "a$")]: schema() }),
  propertyNames: (_, __, pick) =>
    pick<unknown>({ pattern: "^a" }, { maxLength: 1 }, { enum: ["a", "b"] }, { minLength: 1 }, true),
  minProperties: size,
  maxProperties: size,
  dependentRequired: (_, g, pick) => ({ [pick(...names)]: subset(g, names, 1) }),
  dependentSchemas: (schema, _, pick) => ({ [pick(...names)]: schema() }),
  unevaluatedProperties: one,
  anyOf: list,
  oneOf: list,
  allOf: list,
  not: one,
  if: one,
  // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema.
  then: one,
  else: one,
  $ref: (_, __, pick) => pick("#/$defs/x", "#/$defs/y"),
};

export function makeSchema(g: Generator, depth: number): unknown {
  const pick = pickFrom(g);
  if (pick(0, 1, 2, 3, 4, 5, 6, 7) === 0) return pick<unknown>(true, {}, false);
  const schema: Record<string, unknown> = {};
  if (pick(0, 1, 2, 3) > 0) setKeyword(g, schema, "type", depth);
  if (depth === 0) return schema;
  for (let left = pick(0, 1, 2); left > 0; left--) setKeyword(g, schema, pick(...Object.keys(keywords)), depth);
  return schema;
}

function setKeyword(g: Generator, schema: Record<string, unknown>, keyword: string, depth: number): void {
  const make = keywords[keyword];
  if (make) schema[keyword] = make(() => makeSchema(g, depth - 1), g, pickFrom(g));
}

/** A schema with one keyword more, less or other: at its root, or somewhere inside. */
function changeSchema(g: Generator, schema: JsonSchema): JsonSchema {
  const changed = structuredClone(schema) as Record<string, unknown>;
  const pick = pickFrom(g);
  const places = [changed, ...placesOf(changed)];
  for (let left = pick(1, 1, 2); left > 0; left--) {
    const place = pick(0, 1) ? changed : pick(...places);
    const there = Object.keys(place).filter((keyword) => keyword in keywords);
    const named = (place.properties ?? {}) as Record<string, unknown>;
    if (there.length > 0 && pick(0, 1, 2) === 0) delete place[pick(...there)];
    else if (Object.keys(named).length > 0 && pick(0, 1, 2) === 0) delete named[pick(...Object.keys(named))];
    else setKeyword(g, place, pick(...Object.keys(keywords)), 1);
  }
  return changed;
}

function placesOf(value: unknown): Record<string, unknown>[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([keyword, child]) => {
    if (["enum", "const", "required", "dependentRequired", "$ref"].includes(keyword)) return [];
    const inside = placesOf(child);
    const isSchema = !Array.isArray(child) && typeof child === "object" && child !== null && !isNamed(keyword);
    return isSchema ? [child as Record<string, unknown>, ...inside] : inside;
  });
}

const isNamed = (keyword: string): boolean =>
  ["properties", "patternProperties", "dependentSchemas", "$defs"].includes(keyword);

export interface SchemaPair {
  readonly older: JsonSchema;
  readonly newer: JsonSchema;
}

/**
 * References lead to a leaf and to a tree.
 *
 * @param added a keyword that the newer schema has at its root and the older one has not, or otherwise
 */
export function makePair(g: Generator, added?: string): SchemaPair {
  const made = makeSchema(g, 2);
  const child = { $ref: "#/$defs/y" };
  const $defs = {
    x: { type: pickFrom(g)("string", "integer") },
    y: { type: "object", properties: { a: child, b: makeSchema(g, 0) } },
  };
  const closed = {
    type: "object",
    properties: named(() => makeSchema(g, 1), g, pickFrom(g)),
    additionalProperties: false,
  };
  const schema = { ...(typeof made === "object" ? made : closed), ...(pickFrom(g)(0, 1, 2) === 0 && closed), $defs };
  if (added !== undefined) {
    const more: Record<string, unknown> = structuredClone(schema);
    setKeyword(g, more, added, 1);
    return { older: schema, newer: more };
  }
  const changed = changeSchema(g, schema);
  return pickFrom(g)(true, false) ? { older: schema, newer: changed } : { older: changed, newer: schema };
}

import type fc from "fast-check";
import { names, numbers, type Pick, pickFrom, strings } from "./make-schemas.ts";

type Schema = Readonly<Record<string, unknown>>;

/** A value that likely fits a schema, or comes near: whether it does is for others to say. */
export function makeValue(g: fc.GeneratorValue, schema: unknown, root: Schema, depth = 3): unknown {
  const pick = pickFrom(g);
  const { type, enum: listed, const: constant, $ref, anyOf, oneOf, allOf }: Schema = isSchema(schema) ? schema : {};
  if (constant !== undefined && pick(0, 1, 2) > 0) return constant;
  if (Array.isArray(listed) && pick(0, 1, 2) > 0) return pick<unknown>(...listed);
  const inside = [anyOf, oneOf, allOf].flatMap((one) => (Array.isArray(one) ? one : []));
  if ($ref !== undefined && pick(0, 1)) inside.push((root.$defs as Schema)[String($ref).slice(8)]);
  if (inside.length > 0 && depth > 0 && pick(0, 1)) return makeValue(g, pick(...inside), root, depth - 1);
  const types = Array.isArray(type)
    ? type
    : [type ?? pick("string", "integer", "number", "object", "array", "null", "boolean", "object", "array")];
  return makeOfType(g, pick<unknown>(...types), isSchema(schema) ? schema : {}, root, pick, depth);
}

function makeOfType(
  g: fc.GeneratorValue,
  type: unknown,
  schema: Schema,
  root: Schema,
  pick: Pick,
  depth: number,
): unknown {
  if (type === "string") return pick(...strings);
  if (type === "number") return pick(...numbers);
  if (type === "integer") return pick(...numbers.filter(Number.isInteger));
  if (type === "array") return depth > 0 ? makeList(g, schema, root, pick, depth) : [];
  if (type === "object") return depth > 0 ? makeObject(g, schema, root, pick, depth) : {};
  return type === "null" ? null : pick(true, false);
}

function makeList(g: fc.GeneratorValue, schema: Schema, root: Schema, pick: Pick, depth: number): unknown[] {
  const prefix = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
  return Array.from({ length: pick(0, 1, 2, 3) }, (_, index) =>
    makeValue(g, prefix[index] ?? pick<unknown>(schema.items, schema.contains), root, depth - 1),
  );
}

function makeObject(g: fc.GeneratorValue, schema: Schema, root: Schema, pick: Pick, depth: number): Schema {
  const required = Array.isArray(schema.required) ? schema.required : [];
  const chosen = [...names, "d"].filter((name) =>
    required.includes(name) ? pick(0, 1, 2, 3) > 0 : pick(0, 1, 2) === 0,
  );
  const own = isSchema(schema.properties) ? schema.properties : {};
  const others = [schema.additionalProperties, ...Object.values(schema.patternProperties ?? {})];
  return Object.fromEntries(
    chosen.map((name) => [name, makeValue(g, own[name] ?? pick<unknown>(...others), root, depth - 1)]),
  );
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

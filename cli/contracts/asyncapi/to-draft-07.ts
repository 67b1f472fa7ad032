import { isRecord } from "../../../shared/schema/evolve/node.ts";

type Json = Record<string, unknown>;

/** Keywords of 2020-12 that draft-07 does not have. Without them a schema takes more, and nothing less. */
const unsaid = new Set(["unevaluatedProperties", "unevaluatedItems", "minContains", "maxContains", "$schema"]);
const one = new Set(["additionalProperties", "propertyNames", "contains", "items", "if", "then", "else", "not"]);
const lists = new Set(["allOf", "anyOf", "oneOf"]);
const maps = new Set(["properties", "patternProperties", "$defs"]);
/** Where a schema that takes more within them makes one that takes less: they are left out then. */
const turning = new Set(["not", "oneOf", "contains", "if"]);

interface Converted {
  readonly schema: unknown;
  /** It takes more than the one that it is made from. */
  readonly isWider: boolean;
}

/**
 * A JSON Schema 2020-12 in the words of draft-07, which AsyncAPI's schemas are made of. All that fits the first fits
 * the second. Pointers within it stay: nothing is put elsewhere but what `prefixItems` and `dependentSchemas` have.
 *
 * @param home the pointer under which the result will stand; references within the schema lead there
 */
export function toDraft07(schema: unknown, home: string): Converted {
  if (!isRecord(schema)) return { schema, isWider: false };
  let isWider = false;
  const convert = (value: unknown): unknown => {
    const converted = toDraft07(value, home);
    isWider ||= converted.isWider;
    return converted.schema;
  };
  const result: Json = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (unsaid.has(keyword)) isWider ||= keyword !== "$schema";
    else if (turning.has(keyword)) isWider = !convertTurning(result, keyword, value, home) || isWider;
    else if (one.has(keyword)) result[keyword] = convert(value);
    else if (lists.has(keyword)) result[keyword] = listOf(value).map(convert);
    else if (maps.has(keyword)) result[keyword] = mapValues(value, convert);
    else if (keyword === "dependentRequired") addDependencies(result, value);
    else if (keyword === "dependentSchemas") addDependencies(result, mapValues(value, convert));
    else if (keyword !== "$ref" && keyword !== "prefixItems") result[keyword] = value;
  }
  if (Array.isArray(schema.prefixItems)) putPrefix(result, schema.prefixItems.map(convert));
  if (!Object.hasOwn(result, "if")) dropBranches(result);
  return { schema: withReference(result, schema.$ref, home), isWider };
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function mapValues(value: unknown, convert: (one: unknown) => unknown): Json {
  return Object.fromEntries(Object.entries(isRecord(value) ? value : {}).map(([name, each]) => [name, convert(each)]));
}

/** False where it had to be left out. */
function convertTurning(result: Json, keyword: string, value: unknown, home: string): boolean {
  const converted = keyword === "oneOf" ? listOf(value).map((each) => toDraft07(each, home)) : [toDraft07(value, home)];
  if (converted.some(({ isWider }) => isWider)) return false;
  result[keyword] = keyword === "oneOf" ? converted.map(({ schema }) => schema) : converted[0]?.schema;
  return true;
}

/** `then` and `else` say nothing without `if`. */
function dropBranches(result: Json): void {
  delete result.then;
  delete result.else;
}

function addDependencies(result: Json, more: unknown): void {
  result.dependencies = {
    ...(isRecord(result.dependencies) ? result.dependencies : {}),
    ...(isRecord(more) ? more : {}),
  };
}

function putPrefix(result: Json, prefix: readonly unknown[]): void {
  if (Object.hasOwn(result, "items")) result.additionalItems = result.items;
  result.items = prefix;
}

/** Beside a `$ref` draft-07 reads nothing. */
function withReference(result: Json, ref: unknown, home: string): Json {
  if (typeof ref !== "string" || !ref.startsWith("#")) return result;
  const $ref = `${home}${ref.slice(1)}`;
  if (Object.keys(result).length === 0) return { $ref };
  return { ...result, allOf: [...listOf(result.allOf), { $ref }] };
}

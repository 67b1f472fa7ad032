/** Say something about a value and refuse none. `$defs` holds what references lead to, and nothing by itself. */
const annotations = new Set([
  "$anchor",
  "$comment",
  "$defs",
  "$schema",
  "contentEncoding",
  "contentMediaType",
  "contentSchema",
  "default",
  "definitions",
  "deprecated",
  "description",
  "examples",
  "readOnly",
  "title",
  "writeOnly",
]);

/** Of the root, `$id` is a name; further inside it changes where references lead. */
export function isAnnotation(keyword: string, pointer: string): boolean {
  return annotations.has(keyword) || keyword.startsWith("x-") || (keyword === "$id" && pointer === "");
}

/** Keywords whose value is a schema, a list of schemas, or schemas by name. */
export const schemaKeywords: Readonly<Record<string, "one" | "list" | "named">> = {
  additionalProperties: "one",
  allOf: "list",
  anyOf: "list",
  contains: "one",
  dependentSchemas: "named",
  else: "one",
  if: "one",
  items: "one",
  not: "one",
  oneOf: "list",
  patternProperties: "named",
  prefixItems: "list",
  properties: "named",
  propertyNames: "one",
  // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema.
  then: "one",
  unevaluatedItems: "one",
  unevaluatedProperties: "one",
};

/** Those that look at the same value as the schema that they stand in: what they evaluate is evaluated there. */
const inPlace = ["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "dependentSchemas"];

/** Whether `unevaluated…` can see more than the keywords beside it. */
export function hasInPlace(schema: Readonly<Record<string, unknown>>, ...more: string[]): boolean {
  return [...inPlace, ...more].some((keyword) => Object.hasOwn(schema, keyword));
}

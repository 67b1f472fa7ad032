import { formats } from "./formats.ts";

/**
 * What may stand under a keyword: a schema, several, or a value of a kind. `schemas` are a list of at least one,
 * `schema map` has one under each name, `annotation` may be anything and says nothing of the event.
 */
export type KeywordKind =
  | "schema"
  | "schemas"
  | "schema map"
  | "pattern map"
  | "count"
  | "number"
  | "divisor"
  | "names"
  | "names map"
  | "types"
  | "values"
  | "value"
  | "boolean"
  | "pattern"
  | "format"
  | "reference"
  | "anchor"
  | "dialect"
  | "id"
  | "text"
  | "list"
  | "mark"
  | "annotation";

/** The keywords of JSON Schema 2020-12 that are supported. All others are refused, but for annotations (`x-…`). */
export const keywords: ReadonlyMap<string, KeywordKind> = new Map<string, KeywordKind>([
  ["$schema", "dialect"],
  ["$id", "id"],
  ["$ref", "reference"],
  ["$anchor", "anchor"],
  ["$defs", "schema map"],
  ["$comment", "text"],
  ["type", "types"],
  ["enum", "values"],
  ["const", "value"],
  ["multipleOf", "divisor"],
  ["minimum", "number"],
  ["maximum", "number"],
  ["exclusiveMinimum", "number"],
  ["exclusiveMaximum", "number"],
  ["minLength", "count"],
  ["maxLength", "count"],
  ["pattern", "pattern"],
  ["format", "format"],
  ["minItems", "count"],
  ["maxItems", "count"],
  ["uniqueItems", "boolean"],
  ["prefixItems", "schemas"],
  ["items", "schema"],
  ["contains", "schema"],
  ["minContains", "count"],
  ["maxContains", "count"],
  ["unevaluatedItems", "schema"],
  ["minProperties", "count"],
  ["maxProperties", "count"],
  ["required", "names"],
  ["dependentRequired", "names map"],
  ["properties", "schema map"],
  ["patternProperties", "pattern map"],
  ["additionalProperties", "schema"],
  ["propertyNames", "schema"],
  ["dependentSchemas", "schema map"],
  ["unevaluatedProperties", "schema"],
  ["allOf", "schemas"],
  ["anyOf", "schemas"],
  ["oneOf", "schemas"],
  ["not", "schema"],
  ["if", "schema"],
  ["then", "schema"],
  ["else", "schema"],
  ["title", "text"],
  ["description", "text"],
  ["default", "annotation"],
  ["examples", "list"],
  ["deprecated", "boolean"],
  ["readOnly", "boolean"],
  ["writeOnly", "boolean"],
  ["contentEncoding", "text"],
  ["contentMediaType", "text"],
  // Says nothing of what fits, and much of what is kept: shared/schema/privacy.
  ["x-pii", "mark"],
]);

/** What to write in the place of keywords that people know from elsewhere. */
const hints: Readonly<Record<string, string>> = {
  definitions: "use `$defs`",
  dependencies: "use `dependentRequired` or `dependentSchemas`",
  additionalItems: "use `prefixItems` and `items`",
  nullable: 'add "null" to `type`',
  $dynamicRef: "use `$ref`",
  $dynamicAnchor: "use `$anchor`",
  $recursiveRef: "use `$ref`",
  id: "use `$id`",
};

export function kindOfKeyword(name: string): KeywordKind | undefined {
  return keywords.get(name) ?? (name.startsWith("x-") ? "annotation" : undefined);
}

export function refusalOf(name: string): string {
  const hint = Object.hasOwn(hints, name) ? `; ${hints[name]}` : "";
  return `the keyword is not supported${hint || "; a name of your own begins with `x-`"}`;
}

export const typeNames: readonly string[] = ["null", "boolean", "integer", "number", "string", "array", "object"];

/** The dialect that schemas are written in, and may name. */
export const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** The schemas that are applied to the value which the schema itself is applied to. */
export const inPlace: ReadonlySet<string> = new Set([
  ...["$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"],
]);

export function isFormat(name: string): boolean {
  return Object.hasOwn(formats, name);
}

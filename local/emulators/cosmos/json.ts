import { badRequest } from "./errors.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}
/** The value of an expression in a query: JSON, or nothing (Cosmos DB's `undefined`). */
export type Value = Json | undefined;

export function isObject(value: Value): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isArray(value: Value): value is readonly Json[] {
  return Array.isArray(value);
}

/** The member of an object or element of an array, by own property only: `constructor` is not a member of `{}`. */
export function getMember(value: Value, key: string | number): Value {
  if (typeof key === "number") return isArray(value) ? value[key] : undefined;
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

export function getPath(value: Value, path: readonly string[]): Value {
  let found = value;
  for (const key of path) found = getMember(found, key);
  return found;
}

/** @throws {CosmosError} 400 when the text is not JSON */
export function parseJson(text: string, what: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest(`The ${what} is not valid JSON.`);
  }
}

/** Equal values have equal texts, whatever the order of their keys. */
export function canonicalize(value: Value): string {
  if (value === undefined) return "undefined";
  if (isArray(value)) return `[${value.map(canonicalize).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonicalize(value[key])}`).join(",")}}`;
}

import type { EventProblemCode } from "../errors.ts";
import { eventBounds, type JsonObject } from "./event.ts";

/** How deep any JSON in a body may be nested; deeper is refused as a whole before anything walks it. */
export const MAX_NESTING = 100;

export interface JsonProblem {
  readonly code: EventProblemCode;
  /** Within the event: `properties.a[3].b`. */
  readonly path: string;
  readonly message: string;
}

/** Whether arrays and objects are nested deeper than `max`. Never recurses deeper than that itself. */
export function isNestedDeeper(value: unknown, max: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (max === 0) return true;
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    if (isNestedDeeper(inner, max - 1)) return true;
  }
  return false;
}

/**
 * Checks an event's `properties`: depth, number of keys in all, and numbers that JSON can write but a double cannot
 * hold (`1e999` would be stored as null). Returns the first problem.
 */
export function checkProperties(properties: JsonObject): JsonProblem | undefined {
  let keys = 0;
  const walk = (value: unknown, depth: number, path: string): JsonProblem | undefined => {
    if (typeof value === "number" && !Number.isFinite(value)) {
      return { code: "invalid_value", path, message: "the number is too large for a double: send it as a string" };
    }
    if (typeof value !== "object" || value === null) return undefined;
    if (depth > eventBounds.propertiesDepth) {
      return { code: "too_deep", path, message: `nested more than ${eventBounds.propertiesDepth} deep` };
    }
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        const problem = needsWalk(value[i]) ? walk(value[i], depth + 1, `${path}[${i}]`) : undefined;
        if (problem) return problem;
      }
      return undefined;
    }
    for (const [key, inner] of Object.entries(value)) {
      if (++keys > eventBounds.propertiesKeys) {
        return {
          code: "too_many_keys",
          path: "properties",
          message: `more than ${eventBounds.propertiesKeys} keys in all`,
        };
      }
      const problem = needsWalk(inner) ? walk(inner, depth + 1, `${path}.${key}`) : undefined;
      if (problem) return problem;
    }
    return undefined;
  };
  return walk(properties, 1, "properties");
}

/** Spares the making of a path for values that cannot be wrong. */
function needsWalk(value: unknown): boolean {
  return typeof value === "number" ? !Number.isFinite(value) : typeof value === "object" && value !== null;
}

import type { EventProblemCode } from "../errors.ts";
import { eventBounds, type JsonObject } from "./event.ts";

export interface JsonProblem {
  readonly code: EventProblemCode;
  /** Within the event: `properties.a[3].b`. */
  readonly path: string;
  readonly message: string;
}

/**
 * Checks an object of the client's, such as `properties`: depth, number of names in all, and numbers that JSON can
 * write but a double cannot hold (`1e999` would be stored as null). Returns the first problem, or how many names there
 * are, and how many characters the longest text or name has.
 */
export function checkObject(
  object: JsonObject,
  field: string,
): { readonly problem: JsonProblem } | { readonly names: number; readonly longest: number } {
  let [names, longest] = [0, 0];
  const mayBeWrong = (value: unknown): boolean => {
    if (typeof value !== "string") return needsWalk(value);
    if (value.length > longest) longest = value.length;
    return false;
  };
  const walk = (value: unknown, depth: number, path: string): JsonProblem | undefined => {
    if (typeof value === "number" && !Number.isFinite(value)) {
      return { code: "invalid_value", path, message: "the number is too large for a double: send it as text" };
    }
    if (typeof value !== "object" || value === null) return undefined;
    if (depth > eventBounds.propertiesDepth) {
      return { code: "too_deep", path, message: `nested more than ${eventBounds.propertiesDepth} deep` };
    }
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        const problem = mayBeWrong(value[i]) ? walk(value[i], depth + 1, `${path}[${i}]`) : undefined;
        if (problem) return problem;
      }
      return undefined;
    }
    // JSON has no inherited names, and pairs of them need not be made.
    for (const name in value) {
      if (++names > eventBounds.propertiesKeys) {
        const message = `more than ${eventBounds.propertiesKeys} keys in all`;
        return { code: "too_many_keys", path: field, message };
      }
      const inner = (value as JsonObject)[name];
      if (name.length > longest) longest = name.length;
      const problem = mayBeWrong(inner) ? walk(inner, depth + 1, `${path}.${name}`) : undefined;
      if (problem) return problem;
    }
    return undefined;
  };
  const problem = walk(object, 1, field);
  return problem ? { problem } : { names, longest };
}

/** Spares the making of a path for values that cannot be wrong. */
function needsWalk(value: unknown): boolean {
  return typeof value === "number" ? !Number.isFinite(value) : typeof value === "object" && value !== null;
}

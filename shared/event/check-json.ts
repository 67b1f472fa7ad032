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
 * are, and how many bytes of JSON all of it takes at least: what is much too large need not be written to be told.
 */
export function checkObject(
  object: JsonObject,
  field: string,
): { readonly problem: JsonProblem } | { readonly names: number; readonly bytes: number } {
  let [names, bytes] = [0, 0];
  /** Counts what is written of a value that cannot be wrong, and a comma. Any other is walked. */
  const mayBeWrong = (value: unknown): boolean => {
    if (typeof value === "string") bytes += value.length + AROUND_TEXT;
    else if (typeof value !== "number") bytes += value === null || typeof value === "object" ? AROUND_OBJECT : LITERAL;
    else bytes += value < 10 && value >= 0 ? DIGIT : DIGITS;
    return needsWalk(value);
  };
  /** The path of a problem is made on the way back: nearly all values have none. */
  const walk = (value: unknown, depth: number): JsonProblem | undefined => {
    if (typeof value === "number" && !Number.isFinite(value)) {
      return { code: "invalid_value", path: "", message: "the number is too large for a double: send it as text" };
    }
    if (typeof value !== "object" || value === null) return undefined;
    if (depth > eventBounds.propertiesDepth) {
      return { code: "too_deep", path: "", message: `nested more than ${eventBounds.propertiesDepth} deep` };
    }
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        const problem = mayBeWrong(value[i]) ? walk(value[i], depth + 1) : undefined;
        if (problem) return within(`[${i}]`, problem);
      }
      return undefined;
    }
    // JSON has no inherited names, and pairs of them need not be made.
    for (const name in value) {
      if (++names > eventBounds.propertiesKeys) {
        const message = `more than ${eventBounds.propertiesKeys} keys in all`;
        return { code: "too_many_keys", path: "", message };
      }
      const inner = (value as JsonObject)[name];
      bytes += name.length + AROUND_TEXT;
      const problem = mayBeWrong(inner) ? walk(inner, depth + 1) : undefined;
      if (problem) return within(`.${name}`, problem);
    }
    return undefined;
  };
  const problem = walk(object, 1);
  return problem ? { problem: { ...problem, path: `${field}${problem.path}` } } : { names, bytes };
}

/** Bytes of JSON at least, each with what follows it: a comma or, behind a name, a colon. The last one has none. */
const AROUND_TEXT = 3;
const AROUND_OBJECT = 2;
const LITERAL = 5;
const DIGIT = 2;
const DIGITS = 3;

/** Of names there are too many in the whole object, wherever the last one stands. */
function within(place: string, problem: JsonProblem): JsonProblem {
  return { ...problem, path: problem.code === "too_many_keys" ? "" : `${place}${problem.path}` };
}

/** Spares the making of a path for values that cannot be wrong. */
function needsWalk(value: unknown): boolean {
  return typeof value === "number" ? !Number.isFinite(value) : typeof value === "object" && value !== null;
}

import { canonicalize, getPath, isArray, isObject, type JsonObject, type Value } from "../json.ts";
import type { IndexingPolicy } from "./indexing-policy.ts";

/** Made by the service, and in no index that the policy names. */
const SYSTEM = new Set(["_rid", "_self", "_etag", "_attachments", "_ts"]);

/**
 * What a document has in the indexes of its container: a term for each value on an included path, elements of arrays
 * each for itself, and one for each composite index whose paths all have a value. A path without a value has none.
 */
export function listIndexTerms(policy: IndexingPolicy, document: JsonObject): Set<string> {
  const terms = new Set<string>();
  const add = (path: readonly string[], value: Value): void => {
    if (isScalar(value) && policy.includes(path)) terms.add(`${JSON.stringify(path)}=${canonicalize(value)}`);
  };
  if (policy.subtrees) {
    for (const [key, value] of Object.entries(document)) if (!SYSTEM.has(key)) visit(value, [key], add);
  } else for (const path of policy.explicit) follow(document, path, 0, add);
  for (const [number, composite] of policy.composites.entries()) {
    const values = composite.map(({ path }) => getPath(document, path));
    if (values.every(isScalar)) terms.add(`${number}=${canonicalize(values)}`);
  }
  return terms;
}

/** How many terms go and how many come when a document takes the place of another. */
export function countChangedTerms(before: ReadonlySet<string>, after: ReadonlySet<string>): number {
  const kept = [...after].filter((term) => before.has(term)).length;
  return before.size + after.size - 2 * kept;
}

type Add = (path: readonly string[], value: Value) => void;

function isScalar(value: Value): value is string | number | boolean | null {
  return value !== undefined && !isArray(value) && !isObject(value);
}

/** Everything below. */
function visit(value: Value, path: readonly string[], add: Add): void {
  if (isArray(value)) for (const item of value) visit(item, [...path, "[]"], add);
  else if (isObject(value)) for (const [key, member] of Object.entries(value)) visit(member, [...path, key], add);
  else add(path, value);
}

/** What lies on a path, in which `[]` is each element of an array. */
function follow(value: Value, path: readonly string[], depth: number, add: Add): void {
  const key = path[depth];
  if (key === undefined) add(path, value);
  else if (key !== "[]") follow(getPath(value, [key]), path, depth + 1, add);
  else if (isArray(value)) for (const item of value) follow(item, path, depth + 1, add);
}

import { badRequest } from "../errors.ts";
import { isArray, isObject, type Json, type JsonObject, type Value } from "../json.ts";

/** Operations of one patch, and the condition under which it is done (`FROM c WHERE …`). */
export interface Patch {
  readonly operations: readonly JsonObject[];
  readonly condition?: string;
}

const MAX_OPERATIONS = 10;
const SYSTEM = new Set(["id", "_rid", "_self", "_etag", "_ts", "_attachments"]);

/** @throws {CosmosError} 400 */
export function parsePatch(body: Value): Patch {
  const operations = isArray(body) ? body : isObject(body) ? body.operations : undefined;
  const condition = isObject(body) ? body.condition : undefined;
  if (!isArray(operations) || operations.length === 0) throw badRequest("The patch has no operations.");
  if (operations.length > MAX_OPERATIONS) {
    throw badRequest(`The number of patch operations can't exceed '${MAX_OPERATIONS}'.`);
  }
  if (!operations.every(isObject)) throw badRequest("A patch operation is an object.");
  return { operations, ...(typeof condition === "string" ? { condition } : {}) };
}

/**
 * The document after all operations in turn. https://learn.microsoft.com/azure/cosmos-db/partial-document-update
 * @throws {CosmosError} 400 at the first operation that cannot be done
 */
export function applyPatch(
  document: JsonObject,
  patch: Patch,
  partitionPaths: readonly (readonly string[])[],
): JsonObject {
  const copy: Json = structuredClone(document) as JsonObject;
  for (const operation of patch.operations) applyOperation(copy, operation, partitionPaths);
  return copy;
}

type Target = { readonly parent: Json; readonly key: string };

function applyOperation(
  document: JsonObject,
  operation: JsonObject,
  partitionPaths: readonly (readonly string[])[],
): void {
  const { op, path, from, value } = operation as Readonly<Record<string, Value>>;
  const keys = readPointer(path, partitionPaths);
  const target = findTarget(document, keys);
  switch (op) {
    case "add":
      put(target, requireValue(value), true);
      break;
    case "set":
      put(target, requireValue(value), false);
      break;
    case "replace":
      requirePresent(target);
      put(target, requireValue(value), false);
      break;
    case "remove":
      requirePresent(target);
      drop(target);
      break;
    case "incr":
      put(target, increment(read(target), value), false);
      break;
    case "move":
      move(document, readPointer(from, partitionPaths), keys);
      break;
    default:
      throw badRequest(`The patch operation '${String(op)}' is not known.`);
  }
}

function readPointer(path: Value, partitionPaths: readonly (readonly string[])[]): readonly string[] {
  if (typeof path !== "string" || !path.startsWith("/") || path.length < 2) {
    throw badRequest("The path of a patch operation starts with '/'.");
  }
  const keys = path
    .slice(1)
    .split("/")
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~")); // prettier-ignore
  if (SYSTEM.has(keys[0] ?? "")) throw badRequest(`The system property '${keys[0]}' cannot be patched.`);
  // Neither a component of the key, nor an object that contains it.
  if (partitionPaths.some((partition) => keys.every((key, index) => key === partition[index]))) {
    throw badRequest(`'${path}' belongs to the partition key and cannot be patched.`);
  }
  return keys;
}

function findTarget(document: Json, keys: readonly string[]): Target {
  let parent = document;
  for (const key of keys.slice(0, -1)) {
    const next = read({ parent, key });
    if (typeof next !== "object" || next === null) {
      throw badRequest(`The patch cannot create a path recursively: nothing is found at '${key}'.`);
    }
    parent = next;
  }
  return { parent, key: keys.at(-1) ?? "" };
}

function toIndex(array: readonly Json[], key: string): number {
  if (key === "-") return array.length;
  const index = /^\d+$/.test(key) ? Number(key) : -1;
  if (index < 0 || index > array.length) throw badRequest(`'${key}' is not an index of the array.`);
  return index;
}

function read({ parent, key }: Target): Value {
  if (isArray(parent)) return parent[toIndex(parent, key)];
  return isObject(parent) && Object.hasOwn(parent, key) ? parent[key] : undefined;
}

// The document is a private copy: it may be written although its type says it is read only.
function put({ parent, key }: Target, value: Json, insert: boolean): void {
  if (isArray(parent)) {
    const index = toIndex(parent, key);
    (parent as Json[]).splice(index, insert ? 0 : 1, value);
  } else {
    Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
  }
}

function drop({ parent, key }: Target): void {
  if (isArray(parent)) (parent as Json[]).splice(toIndex(parent, key), 1);
  else delete (parent as Record<string, Json>)[key];
}

function move(document: JsonObject, from: readonly string[], to: readonly string[]): void {
  if (from.every((key, index) => key === to[index])) throw badRequest("A value cannot be moved into itself.");
  const source = findTarget(document, from);
  const value = requirePresent(source);
  drop(source);
  put(findTarget(document, to), value, true);
}

function requirePresent(target: Target): Json {
  const value = read(target);
  if (value === undefined) throw badRequest(`The patch needs a value at '${target.key}', and there is none.`);
  return value;
}

function requireValue(value: Value): Json {
  if (value === undefined) throw badRequest("The patch operation has no value.");
  return value;
}

function increment(current: Value, by: Value): number {
  if (typeof by !== "number") throw badRequest("An increment is a number.");
  if (current === undefined) return by;
  if (typeof current !== "number") throw badRequest("Only a number can be incremented.");
  return current + by;
}

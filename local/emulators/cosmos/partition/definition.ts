import { badRequest } from "../errors.ts";
import { getPath, isArray, isObject, type Json, parseJson, type Value } from "../json.ts";

/** One component of a partition key; undefined where the document has nothing at the path. */
export type PartitionKeyValue = string | number | boolean | null | undefined;

export interface PartitionKeyDefinition {
  readonly paths: readonly string[];
  readonly kind: "Hash" | "MultiHash";
  readonly version?: 1 | 2;
}

const MAX_KEY_BYTES = 2048;

/** @throws {CosmosError} 400 for a definition that the service would refuse, or that the emulator does not know */
export function parsePartitionKeyDefinition(value: Value): PartitionKeyDefinition {
  if (!isObject(value) || !isArray(value.paths)) throw badRequest("The partition key needs a list of paths.");
  const paths = value.paths;
  if (!paths.every((path) => typeof path === "string" && path.startsWith("/") && path.length > 1)) {
    throw badRequest("Partition key paths start with '/'.");
  }
  const kind = value.kind ?? "Hash";
  const version = value.version;
  if (kind !== "Hash" && kind !== "MultiHash")
    throw badRequest(`The partition key kind '${String(kind)}' is not known.`);
  if (version !== undefined && version !== 1 && version !== 2) throw badRequest("The partition key version is 1 or 2.");
  if (kind === "Hash" && paths.length !== 1) throw badRequest("A partition key of kind Hash has one path.");
  if (kind === "MultiHash" && (paths.length > 3 || paths.length < 1 || version !== 2)) {
    throw badRequest("A partition key of kind MultiHash has version 2 and one to three paths.");
  }
  return { paths: paths as string[], kind, ...(version === undefined ? {} : { version }) };
}

/** `/a/"b c"` as `["a", "b c"]`. */
export function splitPath(path: string): readonly string[] {
  const parts = path.match(/"(?:[^"\\]|\\.)*"|[^/]+/g) ?? [];
  return parts.map((part) => (part.startsWith('"') ? part.slice(1, -1) : part));
}

/** @throws {CosmosError} 400 when the header is not a complete key: the service does not accept prefixes reliably */
export function parsePartitionKeyHeader(
  definition: PartitionKeyDefinition,
  header: string,
): readonly PartitionKeyValue[] {
  const value = parseJson(header, "partition key");
  if (!isArray(value)) throw badRequest("The partition key is not a JSON array.");
  if (value.length !== definition.paths.length) {
    throw badRequest(
      `The partition key has ${value.length} of ${definition.paths.length} components (${definition.paths.join(", ")}). ` +
        "A prefix of a hierarchical key goes into the WHERE clause.",
      1001,
    );
  }
  return value.map(parseComponent);
}

/** The partition key of a document. @throws {CosmosError} 400 when a component is an array or an object */
export function extractPartitionKey(paths: readonly (readonly string[])[], document: Json): PartitionKeyValue[] {
  return paths.map((path) => {
    const value = getPath(document, path);
    return value === undefined ? undefined : parseComponent(value);
  });
}

function parseComponent(value: Json): PartitionKeyValue {
  if (isObject(value) && Object.keys(value).length === 0) return undefined;
  if (typeof value === "object" && value !== null) {
    throw badRequest("A component of the partition key is an array or an object.");
  }
  if (typeof value === "string" && Buffer.byteLength(value) > MAX_KEY_BYTES) {
    throw badRequest(`A component of the partition key is longer than ${MAX_KEY_BYTES} bytes.`);
  }
  return value;
}

export function equalPartitionKeys(a: readonly PartitionKeyValue[], b: readonly PartitionKeyValue[]): boolean {
  return a.length === b.length && a.every((component, index) => component === b[index]);
}

import { badRequest } from "../errors.ts";
import { isArray, isObject, type JsonObject, type Value } from "../json.ts";
import type { PartitionKeyValue } from "../partition/definition.ts";
import { type PartitionKeyDefinition, parsePartitionKeyDefinition, splitPath } from "../partition/definition.ts";
import { createLocator, createRanges, type PartitionRange } from "../partition/ranges.ts";
import { type IndexingPolicy, parseIndexingPolicy } from "./indexing-policy.ts";

/** A container as it is kept and read back, with the facts that follow from its definition. */
export interface Container {
  /** Names its table; never used again after it is deleted. */
  readonly number: number;
  readonly database: string;
  readonly id: string;
  readonly rid: string;
  /** The resource as clients see it. */
  readonly body: JsonObject;
  readonly partitionKey: PartitionKeyDefinition;
  readonly partitionPaths: readonly (readonly string[])[];
  readonly policy: IndexingPolicy;
  /** Seconds; -1 is on without a default, undefined is off. */
  readonly defaultTtl: number | undefined;
  readonly ranges: readonly PartitionRange[];
  locate(components: readonly PartitionKeyValue[]): number;
}

const KNOWN = new Set([
  "id",
  "partitionKey",
  "indexingPolicy",
  "defaultTtl",
  "uniqueKeyPolicy",
  "conflictResolutionPolicy",
  "geospatialConfig",
]);
const IGNORED = new Set(["_rid", "_ts", "_self", "_etag", "_docs", "_sprocs", "_triggers", "_udfs", "_conflicts"]);

/** The definition of a container, checked. @throws {CosmosError} 400 for a part that is wrong or not supported here */
export function parseContainer(value: Value): JsonObject {
  if (!isObject(value)) throw badRequest("The container is not an object.");
  const unknown = Object.keys(value).find((key) => !KNOWN.has(key) && !IGNORED.has(key));
  if (unknown) throw badRequest(`The container property '${unknown}' is not supported by this emulator of Cosmos DB.`);
  const unique = isObject(value.uniqueKeyPolicy) ? value.uniqueKeyPolicy.uniqueKeys : undefined;
  if (isArray(unique) && unique.length > 0) {
    throw badRequest("'uniqueKeyPolicy' is not supported by this emulator of Cosmos DB.");
  }
  checkDefaultTtl(value.defaultTtl);
  const known = Object.entries(value).filter(([key]) => KNOWN.has(key));
  return {
    ...Object.fromEntries(known),
    partitionKey: { ...parsePartitionKeyDefinition(value.partitionKey) },
    indexingPolicy: parseIndexingPolicy(value.indexingPolicy).body,
  };
}

function checkDefaultTtl(value: Value): void {
  const valid = value === undefined || value === -1 || (Number.isSafeInteger(value) && Number(value) > 0);
  if (!valid) throw badRequest("'defaultTtl' is a positive number of seconds, or -1.");
}

export function openContainer(
  row: { readonly number: number; readonly database: string; readonly rid: string; readonly body: JsonObject },
  partitionRanges: number,
): Container {
  const partitionKey = parsePartitionKeyDefinition(row.body.partitionKey);
  const { defaultTtl } = row.body as { readonly defaultTtl?: number };
  return {
    ...row,
    id: String(row.body.id),
    partitionKey,
    partitionPaths: partitionKey.paths.map(splitPath),
    policy: parseIndexingPolicy(row.body.indexingPolicy),
    defaultTtl,
    ranges: createRanges(partitionKey, partitionRanges),
    locate: createLocator(partitionKey),
  };
}

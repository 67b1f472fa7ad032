import type { ContainerDefinition } from "./containers.ts";

/** A container as Azure's resource `sqlDatabases/containers`, and its data plane, take it. */
export interface ContainerResource {
  readonly id: string;
  readonly partitionKey: { readonly paths: string[]; readonly kind: "Hash" | "MultiHash"; readonly version: 2 };
  readonly indexingPolicy: IndexingPolicy;
  readonly defaultTtl?: number;
}

interface IndexingPolicy {
  readonly indexingMode: "consistent";
  readonly automatic: true;
  readonly includedPaths: { path: string }[];
  readonly excludedPaths: { path: string }[];
  readonly compositeIndexes: { path: string; order: "ascending" | "descending" }[][];
}

export function toContainerResource(definition: ContainerDefinition): ContainerResource {
  return {
    id: definition.id,
    partitionKey: {
      paths: [...definition.partitionKey],
      kind: definition.partitionKey.length > 1 ? "MultiHash" : "Hash",
      version: 2,
    },
    indexingPolicy: toIndexingPolicy(definition),
    ...(definition.defaultTtl === undefined ? {} : { defaultTtl: definition.defaultTtl }),
  };
}

function toIndexingPolicy(definition: ContainerDefinition): IndexingPolicy {
  return {
    indexingMode: "consistent",
    automatic: true,
    includedPaths: definition.indexedPaths.map((path) => ({ path })),
    excludedPaths: [{ path: "/*" }],
    compositeIndexes: definition.compositeIndexes.map((index) => index.map((column) => ({ ...column }))),
  };
}

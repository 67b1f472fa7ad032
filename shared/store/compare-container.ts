import type { ContainerDefinition } from "./containers.ts";

/** A container as the service describes it, as far as it is compared. */
export interface FoundContainer {
  readonly partitionKey?: { readonly paths: readonly string[] } | undefined;
  /** Seconds; -1 is on without a default; undefined is off. */
  readonly defaultTtl?: number | undefined;
  readonly indexingPolicy?:
    | {
        readonly includedPaths?: readonly { readonly path: string }[];
        readonly excludedPaths?: readonly { readonly path: string }[];
        readonly compositeIndexes?: readonly (readonly { readonly path: string; readonly order?: string }[])[];
      }
    | undefined;
}

/**
 * Says in words what a container lacks; nothing when it will do. What it has beyond is not asked: an index too many
 * costs a little, and one of an earlier version may stay. A partition key is what it is for ever, so then the rest is
 * not told.
 */
export function compareContainer(wanted: ContainerDefinition, found: FoundContainer): string[] {
  const name = `the container ${wanted.id}`;
  const key = found.partitionKey?.paths.join(", ") ?? "nothing";
  const wantedKey = wanted.partitionKey.join(", ");
  if (key !== wantedKey) return [`${name} is partitioned by ${key}, and must be by ${wantedKey}`];
  return [...compareTtl(name, wanted.defaultTtl, found.defaultTtl), ...compareIndexes(name, wanted, found)];
}

/** -1 and off differ for documents with a `ttl` of their own; where none has one, either will do. */
function compareTtl(name: string, wanted: number | undefined, found: number | undefined): string[] {
  if (found === wanted || (wanted === undefined && found === -1)) return [];
  const [is, must] = [found, wanted].map((ttl) => (ttl === undefined ? "off" : `${ttl}`));
  return [`the time to live of ${name} is ${is}, and must be ${must}`];
}

function compareIndexes(name: string, wanted: ContainerDefinition, found: FoundContainer): string[] {
  const { includedPaths = [], excludedPaths = [], compositeIndexes = [] } = found.indexingPolicy ?? {};
  const [included, excluded] = [includedPaths, excludedPaths].map((paths) => new Set(paths.map(({ path }) => path)));
  const isIndexed = (path: string): boolean =>
    included?.has(path) === true || (included?.has("/*") === true && excluded?.has(path) !== true);
  const composites = new Set(compositeIndexes.map(describeComposite));
  return [
    ...wanted.indexedPaths.filter((path) => !isIndexed(path)).map((path) => `${name} lacks the index on ${path}`),
    ...wanted.compositeIndexes
      .map(describeComposite)
      .filter((index) => !composites.has(index))
      .map((index) => `${name} lacks the composite index on ${index}`),
  ];
}

function describeComposite(index: readonly { readonly path: string; readonly order?: string }[]): string {
  return index.map(({ path, order = "ascending" }) => `${path} ${order.toLowerCase()}`).join(", ");
}

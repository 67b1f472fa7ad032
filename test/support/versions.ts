/** How far a replica is, for each range of partitions: the number of the last change that it has. */
export type At = readonly number[];

/** A store is divided into so many ranges; each has replicas of its own. */
export const RANGES = 2;
export const NOW: At = Array.from({ length: RANGES }, () => Number.POSITIVE_INFINITY);
export const ALL: readonly number[] = NOW.map((_, range) => range);

/** The range of a partition, by its first and last character. */
export function rangeOf(partition: string): number {
  return (partition.charCodeAt(0) + partition.charCodeAt(partition.length - 1)) % RANGES;
}

/** Documents with their past, so that a replica that lags can be asked. */
export interface Versions<V> {
  get(key: string, at?: At): V | undefined;
  values(at?: At): V[];
  valuesIn(partition: string, at?: At): V[];
  /** Change number `lsn`; without a value the document goes. */
  set(key: string, partition: string, lsn: number, value: V | undefined): void;
}

interface Kept<V> {
  readonly range: number;
  /** The newest first. */
  readonly versions: { readonly lsn: number; readonly value: V | undefined }[];
}

export function createVersions<V>(): Versions<V> {
  const documents = new Map<string, Kept<V>>();
  const partitions = new Map<string, Set<Kept<V>>>();
  const find = ({ range, versions }: Kept<V>, at: At): V | undefined => {
    const upTo = at[range] ?? 0;
    return versions.find(({ lsn }) => lsn <= upTo)?.value;
  };
  const findAll = (some: Iterable<Kept<V>>, at: At): V[] => {
    const found: V[] = [];
    for (const kept of some) {
      const value = find(kept, at);
      if (value !== undefined) found.push(value);
    }
    return found;
  };
  return {
    get: (key, at = NOW) => {
      const kept = documents.get(key);
      return kept && find(kept, at);
    },
    values: (at = NOW) => findAll(documents.values(), at),
    valuesIn: (partition, at = NOW) => findAll(partitions.get(partition) ?? [], at),
    set: (key, partition, lsn, value) => {
      const kept = documents.get(key) ?? { range: rangeOf(partition), versions: [] };
      documents.set(key, kept);
      partitions.set(partition, (partitions.get(partition) ?? new Set()).add(kept));
      kept.versions.unshift({ lsn, value });
    },
  };
}

import type { PartitionKeyDefinition, PartitionKeyValue } from "./definition.ts";
import { computeEffectiveKey, encodeNumberKey, hashForVersion1 } from "./effective-key.ts";

/**
 * A physical partition: effective keys `[minInclusive, maxExclusive)`, and the same bounds as positions on the ring.
 */
export interface PartitionRange {
  readonly id: string;
  readonly minInclusive: string;
  readonly maxExclusive: string;
  readonly low: number;
  readonly high: number;
}

const MAX_CACHED = 10_000;
/** Version 2 hashes have their two top bits cleared: the first 48 bits of an effective key are below this. */
const RING_V2 = 2 ** 46;
const RING_V1 = 2 ** 32;

const isVersion2 = (definition: PartitionKeyDefinition): boolean =>
  definition.kind === "MultiHash" || definition.version === 2;

/** `count` contiguous ranges of equal size, from "" to "FF". */
export function createRanges(definition: PartitionKeyDefinition, count: number): readonly PartitionRange[] {
  const ring = isVersion2(definition) ? RING_V2 : RING_V1;
  const positions = Array.from({ length: count + 1 }, (_, i) => Math.floor((ring * i) / count));
  const bound = (i: number): string => {
    if (i === 0) return "";
    if (i === count) return "FF";
    return isVersion2(definition) ? boundOfVersion2(positions[i] ?? 0) : encodeNumberKey(positions[i] ?? 0);
  };
  return Array.from({ length: count }, (_, i) => ({
    id: String(i),
    minInclusive: bound(i),
    maxExclusive: bound(i + 1),
    low: positions[i] ?? 0,
    high: positions[i + 1] ?? ring,
  }));
}

const boundOfVersion2 = (position: number): string =>
  position.toString(16).toUpperCase().padStart(12, "0").padEnd(32, "0");

/**
 * Where a partition key lies on the ring. Bounds are no longer than the hash of one component, so the first component
 * of a hierarchical key decides alone; many documents share it, so it is remembered.
 */
export function createLocator(
  definition: PartitionKeyDefinition,
): (components: readonly PartitionKeyValue[]) => number {
  const known = new Map<PartitionKeyValue, number>();
  return (components) => {
    const first = components[0];
    const remembered = known.get(first);
    if (remembered !== undefined) return remembered;
    const position = locate(definition, first);
    if (known.size >= MAX_CACHED) known.clear();
    known.set(first, position);
    return position;
  };
}

function locate(definition: PartitionKeyDefinition, first: PartitionKeyValue): number {
  if (!isVersion2(definition)) return hashForVersion1(first);
  return Number.parseInt(computeEffectiveKey(definition, [first]).slice(0, 12), 16);
}

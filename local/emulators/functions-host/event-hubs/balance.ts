import type { PartitionOwnership } from "@azure/event-hubs";

export interface BalanceInput {
  readonly ownerId: string;
  readonly partitionIds: readonly string[];
  readonly ownerships: readonly PartitionOwnership[];
  readonly now: number;
  /** Milliseconds without renewal after which an owner is taken for gone. */
  readonly expiryMs: number;
}

function ownersByPartition({ ownerships, now, expiryMs }: BalanceInput): Map<string, string> {
  const owners = new Map<string, string>();
  for (const { partitionId, ownerId, lastModifiedTimeInMs = 0 } of ownerships) {
    if (ownerId !== "" && now - lastModifiedTimeInMs < expiryMs) owners.set(partitionId, ownerId);
  }
  return owners;
}

function groupByOwner(owners: ReadonlyMap<string, string>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [partition, owner] of owners) groups.set(owner, [...(groups.get(owner) ?? []), partition]);
  return groups;
}

/**
 * One partition of the owner with the most, when that brings the two closer; the owner keeps at least as many as we
 * get.
 */
function pickToSteal(groups: Map<string, string[]>, ownerId: string, mine: number): string | undefined {
  const others = [...groups].filter(([owner]) => owner !== ownerId).map(([, partitions]) => partitions);
  const richest = others.sort((a, b) => b.length - a.length)[0];
  return richest && richest.length > mine + 1 ? richest.pop() : undefined;
}

/**
 * The partitions that this owner should hold: its own, then free ones up to its share, then others' until the load is
 * even. Greedy: the whole share at once, where the SDK's balanced strategy takes one each round.
 */
export function choosePartitions(input: BalanceInput): Set<string> {
  const { ownerId, partitionIds } = input;
  const owners = ownersByPartition(input);
  const groups = groupByOwner(owners);
  const mine = new Set(groups.get(ownerId) ?? []);
  const ownerCount = groups.size + (groups.has(ownerId) ? 0 : 1);
  const share = Math.ceil(partitionIds.length / ownerCount);
  for (const partition of partitionIds) {
    if (mine.size >= share) break;
    if (!owners.has(partition)) mine.add(partition);
  }
  for (;;) {
    const stolen = pickToSteal(groups, ownerId, mine.size);
    if (stolen === undefined) return mine;
    mine.add(stolen);
  }
}

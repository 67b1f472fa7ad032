import { LRUCache } from "lru-cache";

/** Orgs of which nothing is known that are remembered at once, apart from the others: made-up ones push none out. */
const EMPTY_ORGS = 5_000;

/** What an instance remembers of orgs. It lets go of those that were not asked for longest. */
export interface OrgMemory<T> {
  find(orgId: string): T | undefined;
  /** `size`: how much of the memory it takes, at most all of it. */
  remember(orgId: string, known: T, size: number): void;
}

/** `maxSize`: that of all orgs together. */
export function createOrgMemory<T extends object>(maxSize: number): OrgMemory<T> {
  const orgs = new LRUCache<string, T>({ maxSize });
  const empty = new LRUCache<string, T>({ max: EMPTY_ORGS });
  return {
    find: (orgId) => orgs.get(orgId) ?? empty.get(orgId),
    remember: (orgId, known, size) => {
      orgs.delete(orgId);
      empty.delete(orgId);
      if (size === 0) empty.set(orgId, known);
      else orgs.set(orgId, known, { size: Math.min(size, maxSize) });
    },
  };
}

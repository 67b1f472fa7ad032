import { AppError } from "../../shared/errors.ts";
import type { OrgUse, VersionUse } from "../../shared/operator/version-use.ts";
import { call, type MemoryService } from "./memory-service.ts";

export interface MemoryVersionUse extends VersionUse, MemoryService {
  /** How often it was asked to add something. */
  writes: number;
}

/** The use of versions in memory. It passes the same contract suite as the one for Cosmos DB. */
export function createMemoryVersionUse(): MemoryVersionUse {
  const kept = new Map<string, OrgUse>();
  const options = { failure: () => new AppError("store_unavailable", "the store is away", { retryAfter: 1 }) };
  const take = (use: OrgUse): void => {
    const id = `${use.route} ${use.orgId}`;
    const months = { ...kept.get(id)?.months };
    for (const [month, requests] of Object.entries(use.months)) months[month] = (months[month] ?? 0) + requests;
    kept.set(id, { ...use, months });
  };
  const service: MemoryVersionUse = {
    away: false,
    hanging: undefined,
    writes: 0,
    add: (use) => {
      service.writes++;
      return call(service, () => take(use), options);
    },
    list: () => call(service, () => [...kept.values()], options),
  };
  return service;
}

import { type ControlChange, isRaised, type RevocationStore } from "../../shared/access/revocations/revocations.ts";
import { AppError } from "../../shared/errors.ts";
import { call, type MemoryService } from "./memory-service.ts";

export interface MemoryRevocationStore extends RevocationStore, MemoryService {
  /** How often the changes were asked for, away or not. */
  reads: number;
}

/** Cut-offs and suspensions in memory. It passes the same contract suite as the one for Cosmos DB. */
export function createMemoryRevocationStore(now: () => number = Date.now): MemoryRevocationStore {
  const kept = new Map<string, { readonly change: ControlChange; readonly mark: number }>();
  let last = 0;
  const keep = (id: string, change: ControlChange): void => void kept.set(id, { change, mark: ++last });
  const isOver = (change: ControlChange): boolean => change.kind === "cut-off" && change.expiresAt <= now();
  const options = { failure: () => new AppError("store_unavailable", "the store is away", { retryAfter: 1 }) };
  const store: MemoryRevocationStore = {
    away: false,
    hanging: undefined,
    reads: 0,
    addCutOff: (cutOff) => {
      const { key, before } = cutOff;
      const id = isRaised(key) ? `cut-off ${key}` : `cut-off ${key} ${before}`;
      const isKept = (): boolean => {
        const there = kept.get(id)?.change;
        return there?.kind === "cut-off" && !isOver(there) && there.before >= before;
      };
      return call(store, () => (isKept() ? undefined : keep(id, { kind: "cut-off", ...cutOff })), options);
    },
    setSuspended: (orgId, suspended) =>
      call(store, () => keep(`suspension ${orgId}`, { kind: "suspension", orgId, suspended }), options),
    readChanges: (mark = 0) => {
      store.reads++;
      return call(store, () => ({ changes: [...changesSince(mark)], mark: last }), options);
    },
  };
  function* changesSince(mark: number): Generator<ControlChange> {
    for (const one of kept.values()) if (one.mark > mark && !isOver(one.change)) yield one.change;
  }
  return store;
}

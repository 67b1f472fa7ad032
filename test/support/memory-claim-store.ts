import type { ClaimStore } from "../../shared/envelope/claim-store.ts";
import { call, type MemoryService } from "./memory-service.ts";

export interface MemoryClaimStore extends ClaimStore, MemoryService {
  /** The stored bytes, by name. */
  readonly blobs: Map<string, Buffer>;
}

/** A claim store in memory. It passes the same contract suite as the one for Azure's blobs. */
export function createMemoryClaimStore(): MemoryClaimStore {
  const blobs = new Map<string, Buffer>();
  const store: MemoryClaimStore = {
    blobs,
    away: false,
    hanging: undefined,
    put: (name, bytes) => call(store, () => void blobs.set(name, Buffer.from(bytes))),
    get: (name) => call(store, () => blobs.get(name)),
    delete: (name) => call(store, () => void blobs.delete(name)),
    check: (signal) => call(store, () => undefined, { signal }),
  };
  return store;
}

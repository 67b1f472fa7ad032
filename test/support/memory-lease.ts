import type { WithLease } from "../../shared/secrets/lease.ts";

export interface MemoryLeaseOptions {
  /** The signal that the work is given. Default: one that does not end. */
  readonly signal?: AbortSignal;
  /** Whether nobody can tell which lease is held. Default: false. */
  readonly away?: boolean;
}

/** A lease for all who share it. It passes the same contract suite as the one by Azure's blobs. */
export function createMemoryLease(options: MemoryLeaseOptions = {}): WithLease {
  const { signal = new AbortController().signal, away = false } = options;
  const held = new Set<string>();
  return async (name, work) => {
    if (away) throw new Error("the service is away");
    if (held.has(name)) return undefined;
    held.add(name);
    try {
      return await work(signal);
    } finally {
      held.delete(name);
    }
  };
}

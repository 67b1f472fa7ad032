import type { Deliveries } from "./types.ts";

export interface Emitter {
  on<K extends keyof Deliveries>(kind: K, listener: (delivery: Deliveries[K]) => void): () => void;
  emit<K extends keyof Deliveries>(kind: K, delivery: Deliveries[K]): void;
}

export function createEmitter(): Emitter {
  const listeners = new Set<{ readonly kind: string; readonly listener: (delivery: never) => void }>();
  return {
    on: (kind, listener) => {
      const entry = { kind, listener };
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    emit: (kind, delivery) => {
      for (const entry of listeners) if (entry.kind === kind) attempt(() => entry.listener(delivery as never));
    },
  };
}

/** Runs the caller's code, whose faults do not reach ours. */
export function attempt(run: () => void): void {
  try {
    run();
  } catch {
    // It is theirs to find.
  }
}

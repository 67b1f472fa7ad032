import type { Deliveries } from "./types.ts";

export interface Emitter {
  on<K extends keyof Deliveries>(kind: K, listener: (delivery: Deliveries[K]) => void): () => void;
  emit<K extends keyof Deliveries>(kind: K, delivery: Deliveries[K]): void;
}

export function createEmitter(): Emitter {
  const listeners = new Set<readonly [kind: string, listener: (delivery: never) => void]>();
  return {
    on: (...entry) => {
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    emit: (kind, delivery) => {
      for (const [one, listener] of listeners) if (one === kind) attempt(() => listener(delivery as never));
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

import { setTimeout as sleep } from "node:timers/promises";

/** Counts the work in flight, so that a stop can wait for it. */
export interface WorkInFlight {
  readonly size: number;
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves once `size` is at most `limit`; at once if it is already. */
  whenAtMost(limit: number): Promise<void>;
}

export function createWorkInFlight(): WorkInFlight {
  let size = 0;
  const waiters = new Set<{ limit: number; resolve: () => void }>();
  const leave = (): void => {
    size--;
    for (const waiter of waiters) {
      if (size > waiter.limit) continue;
      waiters.delete(waiter);
      waiter.resolve();
    }
  };
  return {
    get size() {
      return size;
    },
    track: (work) => {
      size++;
      return work.finally(leave);
    },
    whenAtMost: (limit) =>
      size <= limit ? Promise.resolve() : new Promise((resolve) => waiters.add({ limit, resolve })),
  };
}

/** Whether the work ended within `ms`. */
export async function settlesWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(ms, false, { signal: timer.signal, ref: false }).catch(() => false);
  const done = await Promise.race([work.then(() => true), late]);
  timer.abort();
  return done;
}

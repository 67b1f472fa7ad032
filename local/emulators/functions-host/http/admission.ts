/** Lets requests in, one after the other when too many are under way. */
export interface Admission {
  /** Resolves when the request may run; undefined when it must be refused. */
  enter(): Promise<void> | undefined;
  leave(): void;
}

const asLimit = (n: number): number => (n < 0 ? Infinity : n);

/**
 * @param limits `maxOutstandingRequests` (running and waiting) and `maxConcurrentRequests` (running); -1 is unbounded
 */
export function createAdmission(limits: {
  readonly maxOutstandingRequests: number;
  readonly maxConcurrentRequests: number;
}): Admission {
  const maxOutstanding = asLimit(limits.maxOutstandingRequests);
  const maxRunning = asLimit(limits.maxConcurrentRequests);
  const waiting: (() => void)[] = [];
  const entered = Promise.resolve();
  let running = 0;
  return {
    enter: () => {
      if (running + waiting.length >= maxOutstanding) return undefined;
      if (running < maxRunning) {
        running++;
        return entered;
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    leave: () => {
      const next = waiting.shift();
      if (next) next();
      else running--;
    },
  };
}

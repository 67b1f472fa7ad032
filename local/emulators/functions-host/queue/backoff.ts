export interface Backoff {
  /** Milliseconds until the next poll. */
  next(found: boolean): number;
}

/**
 * From 100 ms to `maximumMs`, growing by a doubling that is spread by 20 % either way (azure-webjobs-sdk
 * `RandomizedExponentialBackoffStrategy.cs`); after something was found, the next poll is at once.
 */
export function createBackoff(maximumMs: number, minimumMs = 100): Backoff {
  let misses = 0;
  let current = 0;
  return {
    next: (found) => {
      if (found) {
        misses = 0;
        current = 0;
        return 0;
      }
      const grown = minimumMs * 2 ** Math.min(misses++, 30) * (0.8 + Math.random() * 0.4);
      current = Math.min(maximumMs, Math.max(minimumMs, current, grown));
      return current;
    },
  };
}

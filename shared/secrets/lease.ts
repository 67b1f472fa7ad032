/**
 * Runs `work` while nobody else runs under the same name, on any instance. While somebody does, does not run it, and
 * gives undefined.
 */
export type WithLease = <T>(name: string, work: (signal: AbortSignal) => Promise<T>) => Promise<T | undefined>;

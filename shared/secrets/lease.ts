/**
 * Runs `work` while nobody else runs under the same name, on any instance; undefined, without running it, while
 * somebody does.
 */
export type WithLease = <T>(name: string, work: (signal: AbortSignal) => Promise<T>) => Promise<T | undefined>;

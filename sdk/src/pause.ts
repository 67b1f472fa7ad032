/** Resolves after `ms`, or once `signal` is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return within(ms, signal, () => new Promise<never>(() => undefined)).catch(() => undefined);
}

/** Rejects when `run` takes longer than `ms`, and once `ended` is aborted; `run` gets a signal that says so. */
export async function within<T>(
  ms: number,
  ended: AbortSignal,
  run: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  const over = new AbortController();
  let end = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    end = () => {
      reject(new Error(`no answer within ${ms} ms`));
      over.abort();
    };
  });
  const timer = setTimeout(end, ms);
  // No process of Node lives on for a pause, or a server that hangs: who wants that awaits `flush`.
  (timer as { unref?(): void }).unref?.();
  ended.addEventListener("abort", end);
  if (ended.aborted) end();
  try {
    return await Promise.race([late, run(over.signal)]);
  } finally {
    clearTimeout(timer);
    ended.removeEventListener("abort", end);
  }
}

/** Full jitter: anything up to a bound that doubles with each attempt, from 1. */
export function jitter(attempt: number, mostMs: number): number {
  return Math.random() * Math.min(mostMs, 500 * 2 ** attempt);
}

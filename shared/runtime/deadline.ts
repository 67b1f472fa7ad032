/** Nobody answered in time. The message names only the time, and may be shown to anyone. */
export class DeadlineError extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}

/**
 * Runs work that may never end, such as a request to a service that hangs. After `ms` its signal is aborted, and this
 * throws a DeadlineError, whether the work heeds the signal or not. The timeouts of Azure's SDKs bound one try, or the
 * server, and not the whole.
 */
export async function withDeadline<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new DeadlineError(ms);
      // First, since the work's own error about being aborted comes second.
      reject(error);
      controller.abort(error);
    }, ms);
  });
  try {
    return await Promise.race([work(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The end of work that has many steps, each with a deadline of its own. Between two of them it is asked. */
export interface Deadline {
  isOver(): boolean;
  /** Milliseconds until then; 0 afterwards. */
  leftMs(): number;
}

export function startDeadline(ms: number): Deadline {
  const end = performance.now() + ms;
  const leftMs = (): number => Math.max(0, end - performance.now());
  return { leftMs, isOver: () => leftMs() === 0 };
}

/** For work that nothing waits for. */
export const noDeadline: Deadline = { isOver: () => false, leftMs: () => Number.POSITIVE_INFINITY };

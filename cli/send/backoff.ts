export interface BackoffOptions {
  /** Milliseconds before the first retry, doubled with each further one. */
  readonly baseMs: number;
  /** The longest wait between two tries, unless the server asks for a longer one. */
  readonly capMs: number;
}

export const defaultBackoff: BackoffOptions = { baseMs: 200, capMs: 10_000 };

/**
 * Milliseconds to wait before try `attempt` + 1 (the first retry has attempt 0). It is the server's Retry-After and a
 * little more, or exponential with full jitter, so that senders that failed together do not come back together.
 */
export function chooseDelay(
  attempt: number,
  retryAfterMs: number | undefined,
  random: () => number = Math.random,
  options: BackoffOptions = defaultBackoff,
): number {
  if (retryAfterMs !== undefined) return retryAfterMs + random() * options.baseMs;
  return random() * Math.min(options.capMs, options.baseMs * 2 ** attempt);
}

/** Retry-After is seconds or an HTTP date (RFC 9110, 10.2.3); milliseconds from `now`, undefined when it is neither. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

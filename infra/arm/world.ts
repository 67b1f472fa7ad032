import { setTimeout as wait } from "node:timers/promises";

/** What this folder needs of the outside. Tests bring their own clock, so that none of them waits. */
export interface World {
  readonly fetch: typeof fetch;
  /** Milliseconds since 1970. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Ends a request that takes longer. */
  timeout(ms: number): AbortSignal;
  /** Tells whoever watches what is waited for. */
  log(line: string): void;
}

export const MINUTE = 60_000;

export function createWorld(log: (line: string) => void): World {
  return {
    fetch: (input, init) => fetch(input, init),
    now: Date.now,
    sleep: async (ms) => {
      await wait(ms);
    },
    timeout: AbortSignal.timeout,
    log,
  };
}

/** Words for a length of time: `15 minutes`. */
export function inWords(ms: number): string {
  return ms < MINUTE ? `${Math.round(ms / 1000)} seconds` : `${Math.round(ms / MINUTE)} minutes`;
}

import { setTimeout as wait } from "node:timers/promises";
import type { World } from "./world.ts";

/** A server on this machine that has not answered by then does not answer. */
const NO_ANSWER_MS = 1_000;

/**
 * The outside as tests have it: one server on this machine stands for all of Azure and learns from `x-forwarded-host`
 * which host was meant, and a clock that jumps over every pause. Throws an Error for a server elsewhere: it would be
 * sent tokens.
 */
export function createRehearsal(url: string, log: (line: string) => void = () => undefined): World {
  if (new URL(url).hostname !== "127.0.0.1")
    throw new Error(`HEADRACE_ARM_URL is ${url}: expected http://127.0.0.1:PORT`);
  let ahead = 0;
  const wanted = new WeakMap<AbortSignal, number>();
  /** The rest of a timeout that was cut short has passed, too. */
  const pass = (signal: AbortSignal | null | undefined): void => {
    if (signal?.aborted) ahead += Math.max(0, (wanted.get(signal) ?? 0) - NO_ANSWER_MS);
  };
  return {
    fetch: async (input, init) => {
      const meant = new URL(input instanceof Request ? input.url : input);
      const headers = new Headers(init?.headers);
      headers.set("x-forwarded-host", meant.host);
      try {
        return await fetch(new URL(`${meant.pathname}${meant.search}`, url), { ...init, headers });
      } catch (error) {
        pass(init?.signal);
        throw error;
      }
    },
    now: () => Date.now() + ahead,
    sleep: async (ms) => {
      ahead += ms;
      await wait(1);
    },
    timeout: (ms) => {
      const signal = AbortSignal.timeout(Math.min(ms, NO_ANSWER_MS));
      wanted.set(signal, ms);
      return signal;
    },
    log,
  };
}

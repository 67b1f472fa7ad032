import { setTimeout as wait } from "node:timers/promises";
import type { World } from "./world.ts";

/**
 * The outside as tests have it: one server on this machine stands for all of Azure and learns from `x-forwarded-host` which host was meant, and a
 * clock that jumps over every pause. Throws an Error for a server elsewhere: it would be sent tokens.
 */
export function createRehearsal(url: string, log: (line: string) => void = () => undefined): World {
  if (new URL(url).hostname !== "127.0.0.1")
    throw new Error(`HEADRACE_ARM_URL is ${url}: expected http://127.0.0.1:PORT`);
  let ahead = 0;
  return {
    fetch: (input, init) => {
      const meant = new URL(input instanceof Request ? input.url : input);
      const headers = new Headers(init?.headers);
      headers.set("x-forwarded-host", meant.host);
      return fetch(new URL(`${meant.pathname}${meant.search}`, url), { ...init, headers });
    },
    now: () => Date.now() + ahead,
    sleep: async (ms) => {
      ahead += ms;
      await wait(1);
    },
    log,
  };
}

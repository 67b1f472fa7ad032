import type { Diagnose } from "./diagnose.ts";
import { within } from "./pause.ts";
import { isPublishable } from "./settings.ts";
import { createTokens } from "./tokens.ts";
import type { ClientOptions } from "./types.ts";

/** A request to the API, with what shows who asks. Rejects when there is no answer. */
export type Call = (path: string, init?: CallInit) => Promise<Answer>;

export interface CallInit {
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly keepalive?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Whole: one that was cut is none. A redirect has the status 0 in browsers. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/**
 * With a publishable key it is what a page may send without a preflight: the key is in the query, and no header is set
 * that a page does not set by itself.
 *
 * @param base of the API's paths
 * @param ended ends what is under way
 */
export function createCall(base: string, options: ClientOptions, diagnose: Diagnose, ended: AbortSignal): Call {
  const { key, getToken, fetch: send = fetch, requestTimeoutMs: timeoutMs = 30_000 } = options;
  const tokens =
    getToken && createTokens(getToken, { now: () => performance.now(), random: Math.random, timeoutMs, ended });
  const once = (path: string, { headers, ...init }: CallInit, token?: string): Promise<Answer> =>
    within(timeoutMs, ended, async (signal) => {
      const response = await send(token ? base + path : `${base}${path}?key=${key}`, {
        ...init,
        method: init.body ? "POST" : "GET",
        ...(token && { headers: { ...headers, authorization: `Bearer ${token}` } }),
        redirect: "manual",
        signal,
      });
      warnOfEnd(response.headers, diagnose);
      return { status: response.status, text: await response.text(), headers: response.headers };
    });
  return async (path, init = {}) => {
    if (!tokens) return once(path, init, isPublishable(key) ? undefined : key);
    const token = await tokens.get();
    const answer = await once(path, init, token);
    return answer.status === 401 ? once(path, init, await tokens.renew(token)) : answer;
  };
}

function warnOfEnd(headers: Headers, diagnose: Diagnose): void {
  const end = headers.get("sunset") ?? headers.get("deprecation");
  if (end) diagnose({ kind: "warning", code: "deprecated", message: `this API version ends: ${end}` });
}

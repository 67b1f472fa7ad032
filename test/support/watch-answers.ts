import type { CheckAnswer } from "./contract.ts";

/** Node's own `fetch`: check-answers.ts takes its place. */
export const unwatched = globalThis.fetch;

export interface Watched {
  readonly fetch: typeof globalThis.fetch;
  /** What answers had that the contract does not describe, since it was asked last. */
  takeFaults(): string[];
}

/**
 * A `fetch` that looks at every answer of the product's functions: only they give an `x-request-id`. `openCheck` is
 * called at the first of them, since most files of tests get none.
 */
export function watchAnswers(fetch: typeof globalThis.fetch, openCheck: () => Promise<CheckAnswer>): Watched {
  const faults: string[] = [];
  return {
    takeFaults: () => faults.splice(0),
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      const { pathname, searchParams } = new URL(response.url);
      if (!response.headers.has("x-request-id") || !/^\/(api|\.well-known)\//.test(pathname)) return response;
      const asked = init?.method ?? (input instanceof Request ? input.method : "GET");
      const fault = (await openCheck())({
        method: response.redirected ? "GET" : asked.toUpperCase(),
        path: pathname,
        asked: [...searchParams.keys()],
        status: response.status,
        contentType: response.headers.get("content-type"),
        headers: response.headers.keys(),
        text: await response.clone().text(),
      });
      if (fault !== undefined) faults.push(fault);
      return response;
    },
  };
}

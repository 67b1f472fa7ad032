import type { Answer } from "../../http/endpoint.ts";

/** Caches of pages and proxies may keep it so many seconds. */
const MAX_AGE = 300;

/** What an SDK of pages asks for before it starts. */
export function answerStart(body: object): Answer {
  const headers = { "content-type": "application/json", "cache-control": `public, max-age=${MAX_AGE}` };
  return { status: 200, body: JSON.stringify(body), headers };
}

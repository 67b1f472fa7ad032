import type { Answer } from "../../http/endpoint.ts";

/** Caches of pages and proxies may keep it so many seconds. */
const MAX_AGE = 300;

/** What an SDK of pages asks for before it starts: settings, or the text of a script. */
export function answerStart(body: object | string): Answer {
  const isScript = typeof body === "string";
  const headers = {
    "content-type": isScript ? "text/javascript; charset=utf-8" : "application/json",
    "cache-control": `public, max-age=${MAX_AGE}`,
  };
  return { status: 200, body: isScript ? body : JSON.stringify(body), headers };
}

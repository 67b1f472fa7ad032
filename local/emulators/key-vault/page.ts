import { badParameter } from "./errors.ts";

/** Most items of a page, and how many without `maxresults`. */
const MAX_RESULTS = 25;

interface PageRequest {
  readonly host: string;
  readonly url: URL;
}

/**
 * One page of a list: the service gives at most 25 items and a link to the next page. `read` gives up to `limit` items
 * whose key is after `after`. Throws a KeyVaultError 400 when `maxresults` or the token is wrong.
 */
export function answerPage<T>(
  { host, url }: PageRequest,
  read: (after: string, limit: number) => readonly T[],
  keyOf: (item: T) => string,
  show: (item: T) => object,
): object {
  const limit = Number(url.searchParams.get("maxresults") ?? MAX_RESULTS);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_RESULTS) {
    throw badParameter(`maxresults must be from 1 to ${MAX_RESULTS}.`);
  }
  const after = readSkipToken(url.searchParams.get("$skiptoken") ?? "");
  const items = read(after, limit + 1);
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  if (items.length <= limit || last === undefined) return { value: shown.map(show), nextLink: null };
  const next = new URL(`https://${host}${url.pathname}`);
  next.searchParams.set("api-version", url.searchParams.get("api-version") ?? "");
  next.searchParams.set("$skiptoken", Buffer.from(keyOf(last)).toString("base64url"));
  next.searchParams.set("maxresults", String(limit));
  return { value: shown.map(show), nextLink: next.href };
}

function readSkipToken(token: string): string {
  const after = Buffer.from(token, "base64url").toString();
  if (Buffer.from(after).toString("base64url") !== token)
    throw badParameter("The $skiptoken is not one of this vault.");
  return after;
}

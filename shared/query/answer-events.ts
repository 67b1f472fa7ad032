import type { Answer } from "../http/endpoint.ts";
import { routes } from "../http/routes.ts";
import type { EventPage } from "./query-events.ts";

/**
 * A page of events as it was asked for: as JSON, or with an event on each line and nothing else. So the way to the next
 * page stands in a header too (RFC 8288). It is relative: what stands before the product is not known here.
 */
export function answerEvents(page: EventPage, query: URLSearchParams): Answer {
  const link = page.next_cursor === null ? undefined : { link: linkTo(query, page.next_cursor) };
  const complete = page.complete_from == null ? undefined : { "x-complete-from": page.complete_from };
  const headers = { ...link, ...complete };
  if (query.get("format") !== "ndjson") return { status: 200, body: page, headers };
  const lines = page.events.map((event) => `${JSON.stringify(event)}\n`);
  return { status: 200, body: lines.join(""), headers: { "content-type": "application/x-ndjson", ...headers } };
}

function linkTo(query: URLSearchParams, cursor: string): string {
  const next = new URLSearchParams(query);
  next.set("cursor", cursor);
  return `</${routes["query-events"].path}?${next}>; rel="next"`;
}

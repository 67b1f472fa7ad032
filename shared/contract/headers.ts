import { type Deprecation, deprecationFields } from "../http/deprecations.ts";
import type { Json } from "./json-schema.ts";

const text = { type: "string" };

/** Headers of answers, by their names, as the document has them once. */
export const headers = {
  "x-request-id": { description: "What to report; `request_id` of the body too", schema: text },
  "x-receipt-id": { description: "As `receipt_id`, where the body has no place for it", schema: text },
  "x-complete-from": { description: "As `complete_from`, where `format` leaves no place for it", schema: text },
  RateLimit: { description: "Reserved; not sent yet (draft-ietf-httpapi-ratelimit-headers)", schema: text },
  "RateLimit-Policy": { description: "Reserved; not sent yet", schema: text },
  deprecation: { description: "Where the route is to go: `@` and seconds since 1970 (RFC 9745)", schema: text },
  sunset: { description: "Where its end is known: a date of HTTP (RFC 8594)", schema: text },
  link: {
    description: 'Where the route is to go: `rel="deprecation"`, `"sunset"` and `"successor-version"` (RFC 8288)',
    schema: text,
  },
  "retry-after": { description: "Whole seconds, where they are known", schema: { type: "integer", minimum: 0 } },
  "www-authenticate": { description: "RFC 6750", schema: text },
  location: { description: "Where it goes on", schema: text },
  "set-cookie": { description: "The browser's; several, each a header of its own", schema: text },
  etag: { description: "For `If-None-Match`", schema: text },
  pragma: { description: "For caches of HTTP/1.0 (RFC 6749, section 5.1)", schema: { const: "no-cache" } },
  "access-control-allow-origin": { description: "The `Origin` of the request, where there is one", schema: text },
  "access-control-expose-headers": { description: "What a script may read beside the body", schema: text },
};

/** A page of a list leads to the next one, beside what each answer's `Link` may say. */
export const nextPage = { description: '`<…>; rel="next"`, where there is another page (RFC 8288)', schema: text };

export type HeaderName = keyof typeof headers;

const ofEach = ["x-request-id", "RateLimit", "RateLimit-Policy", "deprecation", "sunset", "link"] as const;

/** The headers of an answer: those of each one, and its own. */
export function describeHeaders(own: readonly HeaderName[]): Json {
  return Object.fromEntries([...ofEach, ...own].map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** Of a route that is to go, as each of its answers has them. */
export function describeDeprecation(deprecation: Deprecation): Json {
  const fields = Object.entries(deprecationFields(deprecation, { params: {} }));
  return Object.fromEntries(
    fields.map(([name, example]) => [name, { ...headers[name as HeaderName], required: true, example }]),
  );
}

import type { HttpRequest } from "@azure/functions";
import { AppError } from "../errors.ts";

/** The origins at which people reach us, such as `https://app.example.com`. */
export interface Origins {
  /** The one that the request came to; undefined when that cannot be told. */
  find(request: HttpRequest): string | undefined;
  /** Likewise, where there must be one. Throws AppError `sign_in_unavailable` when that cannot be told. */
  of(request: HttpRequest): string;
  /** Throws AppError `origin_refused` unless the request comes from a page of ours. */
  check(request: HttpRequest): void;
}

const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?$/;

/**
 * Without a list, only this machine's own addresses are ours: nobody else can be led to them by a forged `Host`. A page
 * behind a domain name that was pointed at 127.0.0.1 sends that name.
 */
export function createOrigins(configured: readonly string[]): Origins {
  const ownOf = (request: HttpRequest): string | undefined => {
    const origin = new URL(request.url).origin;
    if (configured.length > 0) return configured.includes(origin) ? origin : configured[0];
    return LOOPBACK.test(origin) ? origin : undefined;
  };
  return {
    find: ownOf,
    of: (request) => {
      const own = ownOf(request);
      if (own !== undefined) return own;
      throw new AppError("sign_in_unavailable", "`HEADRACE_ORIGINS` does not say which origins are ours");
    },
    check: (request) => {
      const sent = request.headers.get("origin");
      const ours = configured.length > 0 ? configured : [ownOf(request)];
      if (sent !== null && ours.includes(sent)) return;
      const what =
        sent === null
          ? "the request has no `Origin`"
          : `the request's \`Origin\` is ${JSON.stringify(sent.slice(0, 200))}`;
      throw new AppError("origin_refused", what);
    },
  };
}

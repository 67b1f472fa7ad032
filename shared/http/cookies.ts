import type { Cookie, HttpRequest } from "@azure/functions";

/** A cookie of ours, and how browsers keep it. */
export interface CookieKind {
  readonly name: string;
  readonly path: string;
  readonly sameSite: "Lax" | "Strict";
  readonly maxAgeSeconds: number;
}

/** Hidden from scripts, and sent over encrypted connections only. */
export function setCookie({ name, path, sameSite, maxAgeSeconds }: CookieKind, value: string): Cookie {
  return { name, value, path, sameSite, httpOnly: true, secure: true, maxAge: maxAgeSeconds };
}

/** Makes the browser forget a cookie. */
export function clearCookie(kind: CookieKind): Cookie {
  return { ...setCookie(kind, ""), maxAge: 0, expires: new Date(0) };
}

/** Undefined when it was not sent. There is at most one `__Host-` cookie of a name. */
export function readCookie(request: HttpRequest, name: string): string | undefined {
  return readCookies(request).find((cookie) => cookie.name === name)?.value;
}

/**
 * All that were sent, also several of one name: first those of longer paths, then older ones (RFC 6265, section 5.4).
 * Split as browsers join, and no more generously. If commas or all of Unicode's spaces split too, a piece of a cookie
 * that a sibling domain plants (`x=1,__Host-…`) would pass for one of ours. Crumbs of HTTP/2 are joined by `; ` before
 * they come here (RFC 9113, section 8.2.3).
 */
export function readCookies(request: HttpRequest): { readonly name: string; readonly value: string }[] {
  const pairs = request.headers.get("cookie")?.split(";") ?? [];
  return pairs.map((pair) => {
    const [name = "", ...value] = pair.replace(/^ /, "").split("=");
    return { name, value: value.join("=") };
  });
}

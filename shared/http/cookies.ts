import type { Cookie, HttpRequest } from "@azure/functions";

/** A cookie of ours, and how browsers keep it. */
export interface CookieKind {
  readonly name: string;
  readonly path: string;
  readonly sameSite: "Lax" | "Strict";
  readonly maxAgeSeconds: number;
}

/** For no script to read, and for no connection that can be listened to. */
export function setCookie({ name, path, sameSite, maxAgeSeconds }: CookieKind, value: string): Cookie {
  return { name, value, path, sameSite, httpOnly: true, secure: true, maxAge: maxAgeSeconds };
}

/** Makes the browser forget a cookie. */
export function clearCookie(kind: CookieKind): Cookie {
  return { ...setCookie(kind, ""), maxAge: 0, expires: new Date(0) };
}

/** Undefined when it was not sent. Of several of the same name, the first, which is the one of the longest path. */
export function readCookie(request: HttpRequest, name: string): string | undefined {
  // The host joins several Cookie headers by commas; our values have neither.
  const pairs = request.headers.get("cookie")?.split(/[;,]/) ?? [];
  const found = pairs.map((pair) => pair.trim()).find((pair) => pair.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}

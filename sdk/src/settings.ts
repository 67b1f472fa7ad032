import type { ClientOptions } from "./types.ts";

/** The base of the API's paths. Throws a TypeError for settings that can never work. */
export function checkSettings({ endpoint, key, getToken }: ClientOptions): string {
  if (!/^https?:\/\/[^/?#]+/.test(endpoint)) throw new TypeError(`endpoint: no address: ${endpoint}`);
  if (!key === !getToken) throw new TypeError("expected one of key and getToken");
  if (key && isBrowser() && !isPublishable(key))
    throw new TypeError("key: it is secret, and visitors can read it. Pages have publishable keys (hrp_…)");
  return `${endpoint.replace(/\/+$/, "")}/api/v1/`;
}

export function isPublishable(key: string | undefined): boolean {
  return `${key}`.startsWith("hrp_");
}

/** A page or a worker of one: every browser says that it is a Mozilla, and no server does. */
function isBrowser(): boolean {
  return /^Mozilla/.test(`${globalThis.navigator?.userAgent}`);
}

export function isPage(): boolean {
  return "document" in globalThis;
}

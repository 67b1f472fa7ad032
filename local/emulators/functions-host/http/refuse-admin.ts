import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * The status of a request to `/admin/…` that is refused; undefined: it passes. Every page in a browser on this machine
 * can send requests to this port, and a name of its own can lead here (DNS rebinding). So one that comes from a page of
 * another host, or names another host, is refused. What does something needs the key besides; without a key of ours,
 * nothing does.
 */
export function refuseAdmin({ method, headers }: IncomingMessage, adminKey: string | undefined): number | undefined {
  const { host = "", origin } = headers;
  if (!isLoopback(`http://${host}`)) return 403;
  if (origin !== undefined && !isLoopback(origin)) return 403;
  // A page's image or link has no Origin.
  if (headers["sec-fetch-site"] === "cross-site") return 403;
  if (method === "GET" || method === "HEAD") return undefined;
  return adminKey !== undefined && isSame(String(headers["x-functions-key"] ?? ""), adminKey) ? undefined : 401;
}

function isLoopback(url: string): boolean {
  return URL.canParse(url) && LOOPBACK.test(new URL(url).hostname);
}

function isSame(given: string, key: string): boolean {
  const [one, other] = [given, key].map((text) => createHash("sha256").update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}

import type { HttpRequest } from "@azure/functions";
import { AppError } from "../errors.ts";

const AT_KEY = { members: { parameter: "key" } };

/**
 * The credential of a request that may also have a publishable key as `key` in its query: a page that is being left can
 * send no header of ours. No other key: what stands there stands in logs. As the value of an `Authorization` header.
 * Throws AppError `invalid_parameter` for several that are not the same, and `credential_malformed` for a `key` that is
 * none of these.
 */
export function authorizationOf({ url, headers }: Pick<HttpRequest, "url" | "headers">): string | null {
  const authorization = headers.get("authorization");
  if (!url.includes("?")) return authorization;
  const [key, ...others] = new URL(url).searchParams.getAll("key");
  if (key === undefined) return authorization;
  if (others.some((other) => other !== key))
    throw new AppError("invalid_parameter", "`key` has several values", AT_KEY);
  const [scheme, sent] = authorization?.trim().split(/ +/, 2) ?? [];
  // A caller with another scheme has sent no credential of ours there.
  if (scheme?.toLowerCase() === "bearer" && sent !== key) {
    const detail = "`key` is not the credential of the Authorization header; send one of them";
    throw new AppError("invalid_parameter", detail, AT_KEY);
  }
  if (/^hrp_[^\s,]+$/.test(key)) return `Bearer ${key}`;
  throw new AppError("credential_malformed", "`key` in the query is not a publishable key (`hrp_…`)");
}

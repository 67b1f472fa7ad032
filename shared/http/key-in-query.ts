import type { HttpRequest } from "@azure/functions";
import { AppError } from "../errors.ts";

/**
 * The credential of a request that may also have a publishable key in its query, as `key` or by another `name`: a page
 * that is being left can send no header of ours. No other key: what stands there stands in logs. As the value of an
 * `Authorization` header. Throws AppError `invalid_parameter` for several that are not the same, and
 * `credential_malformed` for a key that is none of these.
 */
export function authorizationOf({ url, headers }: Pick<HttpRequest, "url" | "headers">, name = "key"): string | null {
  const authorization = headers.get("authorization");
  if (!url.includes("?")) return authorization;
  const [key, ...others] = new URL(url).searchParams.getAll(name);
  if (key === undefined) return authorization;
  const there = { members: { parameter: name } };
  if (others.some((other) => other !== key))
    throw new AppError("invalid_parameter", `\`${name}\` has several values`, there);
  const [scheme, sent] = authorization?.trim().split(/ +/, 2) ?? [];
  // A caller with another scheme has sent no credential of ours there.
  if (scheme?.toLowerCase() === "bearer" && sent !== key) {
    const detail = `\`${name}\` is not the credential of the Authorization header; send one of them`;
    throw new AppError("invalid_parameter", detail, there);
  }
  if (/^hrp_[^\s,]+$/.test(key)) return `Bearer ${key}`;
  throw new AppError("credential_malformed", `\`${name}\` in the query is not a publishable key (\`hrp_…\`)`);
}

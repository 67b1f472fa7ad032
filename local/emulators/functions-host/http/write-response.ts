import type { ServerResponse } from "node:http";
import type { HttpCookie, TypedData } from "../core-types.ts";
import type { ForeignAnswer } from "./gate.ts";

/** Set by the server itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set(["content-length", "transfer-encoding", "connection", "keep-alive"]);
const SAME_SITE: Readonly<Record<string, string>> = { lax: "lax", strict: "strict", explicitNone: "none" };

/** A `Set-Cookie` value as ASP.NET's `Response.Cookies.Append` spells it: the path is `/` unless it is given. */
function formatCookie(cookie: HttpCookie): string {
  const sameSite = SAME_SITE[cookie.sameSite ?? "none"];
  const parts = [`${encodeURIComponent(cookie.name)}=${encodeURIComponent(cookie.value)}`];
  if (cookie.expires) parts.push(`expires=${new Date(cookie.expires.value.seconds * 1000).toUTCString()}`);
  if (cookie.maxAge) parts.push(`max-age=${Math.floor(cookie.maxAge.value)}`);
  if (cookie.domain) parts.push(`domain=${cookie.domain.value}`);
  parts.push(`path=${cookie.path?.value ?? "/"}`);
  if (cookie.secure?.value) parts.push("secure");
  if (sameSite) parts.push(`samesite=${sameSite}`);
  if (cookie.httpOnly?.value) parts.push("httponly");
  return parts.join("; ");
}

function toBytes(body: TypedData | null | undefined): Buffer {
  if (body?.bytes) return Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.byteLength);
  return Buffer.from(body?.string ?? body?.json ?? "");
}

/** Answers without a body, as the host does where no function has answered. */
export function writeEmpty(response: ServerResponse, status: number): void {
  response.writeHead(status, status === 204 ? {} : { "content-length": "0" }).end();
}

/** Answers in the place of the function. */
export function writeForeign(response: ServerResponse, { status, headers, body = "" }: ForeignAnswer): void {
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) }).end(body);
}

/** Writes the result of `getResponse`; no result at all is a 204. */
export function writeResponse(response: ServerResponse, result: TypedData | null | undefined): void {
  const http = result?.http;
  if (!http) {
    writeEmpty(response, 204);
    return;
  }
  const status = Number(http.statusCode ?? 200);
  for (const [name, value] of Object.entries(http.headers ?? {})) {
    if (!OWN_HEADERS.has(name.toLowerCase())) response.setHeader(name, value);
  }
  if (http.cookies && http.cookies.length > 0) response.appendHeader("set-cookie", http.cookies.map(formatCookie));
  const body = toBytes(http.body);
  if (body.length > 0 && !response.hasHeader("content-type")) {
    response.setHeader("content-type", "application/octet-stream");
  }
  if (status !== 204 && status !== 304) response.setHeader("content-length", body.length);
  response.writeHead(status).end(body);
}

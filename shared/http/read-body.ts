import type { HttpRequest } from "@azure/functions";
import { AppError } from "../errors.ts";

/**
 * Whether a request says that it has no body. One that says nothing may have a body that does not reach the function,
 * so that it must not be taken for a request without any.
 */
export function announcesNoBody({ headers }: Pick<HttpRequest, "headers">): boolean {
  return headers.get("content-length") === "0" && !headers.has("transfer-encoding");
}

/** Throws AppError `body_too_large` for a body whose announced length is more than is taken. */
export function checkAnnounced({ headers }: Pick<HttpRequest, "headers">, maxBytes: number): void {
  const length = headers.get("content-length");
  if (Number(length) > maxBytes) throw tooLarge(length, maxBytes);
}

/**
 * The request's body as sent. The Functions host hands a body over only when `Content-Length` announces one. Any other
 * arrives empty, and must not be taken for an empty batch: so it is refused by its header, before anything is read.
 * Throws AppError `length_required`, `empty_body` or `body_too_large`.
 */
export async function readBody(request: HttpRequest, maxBytes: number): Promise<Buffer> {
  requireLength(request);
  checkAnnounced(request, maxBytes);
  const body = Buffer.from(await request.arrayBuffer());
  if (body.length > maxBytes) throw tooLarge(String(body.length), maxBytes);
  if (body.length === 0) throw new AppError("empty_body", "the body has 0 bytes");
  return body;
}

function requireLength({ headers }: Pick<HttpRequest, "headers">): void {
  const chunked = headers.has("transfer-encoding");
  if (headers.has("content-length") && !chunked) return;
  const found = chunked ? "the body was sent chunked, without a length" : "the request has no `Content-Length`";
  throw new AppError("length_required", `${found}; \`Content-Length: 0\` says that there is no body`);
}

function tooLarge(found: string | null, maxBytes: number): AppError {
  return new AppError("body_too_large", `the body has ${found} bytes as sent; at most ${maxBytes} are taken`, {
    members: { limit: maxBytes },
  });
}

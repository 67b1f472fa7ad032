import type { HttpRequest } from "@azure/functions";

/**
 * Where a request comes from, by the header that the platform in front of us sets. It is the last address in it: that
 * one is the platform's, and those before it are whatever the client sent. Nothing is decided by it; the audit trail
 * says it. `unknown` without the header.
 */
export function clientAddressOf(request: HttpRequest, header: string): string {
  const last = request.headers.get(header)?.split(",").at(-1)?.trim() ?? "";
  // App Service writes `address:port`, and IPv6 in brackets.
  const [, bracketed, plain] = /^\[([0-9a-f:.]+)\](?::\d+)?$|^(\d+\.\d+\.\d+\.\d+)(?::\d+)?$/i.exec(last) ?? [];
  const address = bracketed ?? plain ?? last;
  return /^[0-9a-f:.]{2,45}$/i.test(address) ? address : "unknown";
}

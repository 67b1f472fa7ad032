import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";

/**
 * The limits of the real host's server, which leaves them as they are.
 * https://learn.microsoft.com/dotnet/api/microsoft.aspnetcore.server.kestrel.core.kestrelserverlimits
 */
const MAX_REQUEST_LINE_BYTES = 8_192;
const MAX_HEADER_BYTES = 32_768;
const MAX_HEADERS = 100;

/**
 * Nothing, a name or an address in brackets, the last two with or without a port (Kestrel's
 * `HttpUtilities.IsHostHeaderValid`: as RFC 3986 but for `*`, `+`, `,`, `;`, `=` and escapes).
 */
const HOST = /^(?:|(?:[A-Za-z0-9!$&'()._~-]+|\[[0-9A-Fa-f:.]{3,}\])(?::\d+)?)$/;
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\//i;

/** `: ` and the end of the line. */
const HEADER_EXTRA_BYTES = 4;

/**
 * The status of a request that the server refuses by itself, without a body and before anything of the app sees it;
 * undefined: it passes. Node reads headers as Latin-1, so that a character is a byte here.
 */
export function refuseAsKestrel({ method, url, rawHeaders }: IncomingMessage): number | undefined {
  if (`${method} ${url} HTTP/1.1\r\n`.length > MAX_REQUEST_LINE_BYTES) return 414;
  let bytes = 0;
  for (let i = 0; i < rawHeaders.length; i += 2)
    bytes += (rawHeaders[i] ?? "").length + (rawHeaders[i + 1] ?? "").length + HEADER_EXTRA_BYTES;
  if (bytes > MAX_HEADER_BYTES || rawHeaders.length / 2 > MAX_HEADERS) return 431;
  const isText = rawHeaders.every((text) => isAscii(text) || isUtf8(toBytes(text)));
  return isText && isHostSound(rawHeaders, url ?? "/") ? undefined : 400;
}

/**
 * One `Host` at most, well formed, and in an absolute target the host of that
 * (`Http1Connection.EnsureHostHeaderExists`).
 * Node itself refuses an HTTP/1.1 request without one.
 */
function isHostSound(rawHeaders: readonly string[], target: string): boolean {
  const hosts = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === "host");
  const [host] = hosts;
  if (host === undefined) return true;
  if (hosts.length > 1 || !HOST.test(host)) return false;
  if (!ABSOLUTE.test(target)) return true;
  return (
    URL.canParse(target) && URL.canParse(`http://${host}`) && new URL(target).host === new URL(`http://${host}`).host
  );
}

/** The text of a header: UTF-8, and not Latin-1 (aspnetcore#61189). */
export function decodeHeader(latin1: string): string {
  return isAscii(latin1) ? latin1 : toBytes(latin1).toString("utf8");
}

function isAscii(text: string): boolean {
  return !/[\u0080-\u00ff]/.test(text);
}

function toBytes(latin1: string): Buffer {
  return Buffer.from(latin1, "latin1");
}

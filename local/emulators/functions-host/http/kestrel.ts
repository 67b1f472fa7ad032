import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";

/**
 * The limits of the real host's server, which leaves them as they are.
 * https://learn.microsoft.com/dotnet/api/microsoft.aspnetcore.server.kestrel.core.kestrelserverlimits
 */
const MAX_REQUEST_LINE_BYTES = 8_192;
const MAX_HEADER_BYTES = 32_768;
const MAX_HEADERS = 100;

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
  return rawHeaders.every((text) => isAscii(text) || isUtf8(toBytes(text))) ? undefined : 400;
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

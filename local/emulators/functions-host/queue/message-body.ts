import type { QueuesConfig } from "../host-config.ts";

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes of a message's text; undefined when it is not in the encoding that host.json names. */
export function decodeBody(text: string, encoding: QueuesConfig["messageEncoding"]): Buffer | undefined {
  if (encoding === "none") return Buffer.from(text, "utf8");
  // .NET's Convert.FromBase64String ignores white space and nothing else.
  const compact = text.replace(/[ \t\r\n]/g, "");
  return BASE64.test(compact) ? Buffer.from(compact, "base64") : undefined;
}

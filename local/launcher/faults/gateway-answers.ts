import type { CosmosResponse } from "@headrace/emulators/cosmos/request.ts";

/** Answers that are not of the store, but of something on the way to it. */
export type GatewayFault = "no-body" | "html" | "cut-off";

/** Those of gateways, and those that would be a verdict on a document if the store had given them. */
const STATUSES = [503, 502, 429, 500, 403, 408, 404, 400, 413, 409] as const;

/** Each status in turn, with nothing, with a page for people, or with a body whose connection ends half way. */
export function createGatewayAnswers(): (fault: GatewayFault) => CosmosResponse {
  let next = 0;
  return (fault) => {
    const status = STATUSES[next++ % STATUSES.length] ?? 503;
    const page = `<html><body><h1>${status}</h1><p>The gateway cannot serve the request.</p></body></html>`;
    if (fault === "no-body") return { status, headers: {}, body: "" };
    if (fault === "html") return { status, headers: { "content-type": "text/html" }, body: page };
    return cutOff({
      status,
      headers: { "content-type": "application/json" },
      body: `{"code":"${status}","message":""}`,
    });
  };
}

export function cutOff(response: CosmosResponse): CosmosResponse {
  const bytes = Buffer.byteLength(response.body);
  return bytes < 2 ? response : { ...response, cutAt: Math.floor(bytes / 2) };
}

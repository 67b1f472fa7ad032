import { answerJson, type HttpAnswer } from "../kit/serve-http.ts";

/**
 * What can go wrong at a request for a token that is as it should be.
 *
 * - `hang`: swallowed. The connection stays open, and no answer ever comes.
 * - `unavailable`: 500.
 * - `html`, `nothing`: 200, with a page or without a body.
 * - `other-resource`: the token is for another service, and the answer says that it is for the one that was asked for.
 * - `expired`: the token has expired a minute ago.
 * - `short`: the token lives for another minute, as one that the platform has kept for a day.
 */
export const identityFaults = ["hang", "unavailable", "html", "nothing", "other-resource", "expired", "short"] as const;
export type IdentityFault = (typeof identityFaults)[number];

type GiveToken = (resource: string, lifetimeSeconds?: number) => Promise<HttpAnswer>;

const MINUTE_SECONDS = 60;
const VAULT = "https://vault.azure.net";
const STORAGE = "https://storage.azure.com";
const PAGE = "<html><body><h1>Service Unavailable</h1></body></html>";

export function answerFaulty(fault: IdentityFault, resource: string, give: GiveToken): Promise<HttpAnswer> {
  switch (fault) {
    case "hang":
      return new Promise(() => undefined);
    case "unavailable":
      return Promise.resolve(answerJson(500, { statusCode: 500, message: "An unexpected error occurred." }));
    case "html":
      return Promise.resolve({ status: 200, headers: { "content-type": "text/html" }, body: PAGE });
    case "nothing":
      return Promise.resolve({ status: 200, body: "" });
    case "other-resource":
      return give(resource.startsWith(VAULT) ? STORAGE : VAULT);
    case "expired":
      return give(resource, -MINUTE_SECONDS);
    case "short":
      return give(resource, MINUTE_SECONDS);
  }
}

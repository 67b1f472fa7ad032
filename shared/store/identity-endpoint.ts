import { z } from "zod";
import type { IdentityEndpoint } from "../config.ts";
import type { TokenSource } from "./steady-tokens.ts";

const API_VERSION = "2019-08-01";

/** Seconds since 1970, as a number or its digits; some platforms have answered with a date. */
const seconds = z.coerce.number().positive();
const tokenAnswer = z.object({
  access_token: z.string().min(1),
  expires_on: z.union([seconds, z.iso.datetime({ offset: true }).transform((text) => Date.parse(text) / 1000)]),
});

/**
 * The endpoint of App Service and Functions without an SDK. `read` is called for each token, because the platform
 * rotates the header: `@azure/identity` reads it once in the life of a process.
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 */
export function createEndpointSource(
  read: () => IdentityEndpoint | undefined,
  clientId: string | undefined,
): TokenSource {
  return {
    name: "identity endpoint",
    getToken: async (scope, signal) => {
      const found = read();
      if (!found) throw new Error("IDENTITY_ENDPOINT or IDENTITY_HEADER is not set");
      const url = new URL(found.endpoint);
      const resource = scope.replace(/\/\.default$/, "");
      const query = { "api-version": API_VERSION, resource, ...(clientId && { client_id: clientId }) };
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      const response = await fetch(url, { headers: { "x-identity-header": found.header }, signal });
      const { access_token, expires_on } = await readAnswer(response);
      return { token: access_token, expiresOnTimestamp: expires_on * 1000 };
    },
  };
}

/** Never shows a body that may hold a token. */
async function readAnswer(response: Response): Promise<z.output<typeof tokenAnswer>> {
  const text = await response.text();
  if (response.status !== 200) throw new Error(`it answers ${response.status}: ${text.slice(0, 200)}`);
  const { success, data } = tokenAnswer.safeParse(parse(text));
  if (success) return data;
  const type = response.headers.get("content-type") ?? "of no type";
  throw new Error(`it answers 200 without a token (${text.length} characters, ${type})`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

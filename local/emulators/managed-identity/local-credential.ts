import type { AccessToken, TokenCredential } from "@azure/identity";

/** Where to get tokens: the values of the variables of the same names. */
export interface IdentitySettings {
  readonly IDENTITY_ENDPOINT: string;
  readonly IDENTITY_HEADER: string;
}

/** Asked for at each token: their values may change. */
export type ReadIdentitySettings = () => IdentitySettings | Promise<IdentitySettings>;

/** Shorter than the life of any token worth using. */
const SPARE_MS = 60_000;
const ANSWER_MS = 5_000;

/**
 * The local managed identity for programs that are told its settings, or read them anew for each token. It keeps
 * nothing between two credentials, as `ManagedIdentityCredential` does for the whole process.
 */
export function createLocalCredential(
  settings: IdentitySettings | Promise<IdentitySettings> | ReadIdentitySettings,
  clientId?: string,
): TokenCredential {
  const known = new Map<string, AccessToken>();
  return {
    getToken: async (scopes) => {
      const resource = [scopes].flat()[0]?.replace(/\/\.default$/, "") ?? "";
      const cached = known.get(resource);
      if (cached && cached.expiresOnTimestamp - SPARE_MS > Date.now()) return cached;
      const read = typeof settings === "function" ? settings() : settings;
      const token = await askForToken(await read, { resource, ...(clientId && { client_id: clientId }) });
      known.set(resource, token);
      return token;
    },
  };
}

async function askForToken(
  { IDENTITY_ENDPOINT, IDENTITY_HEADER }: IdentitySettings,
  query: Readonly<Record<string, string>>,
): Promise<AccessToken> {
  const url = new URL(IDENTITY_ENDPOINT);
  url.search = new URLSearchParams({ "api-version": "2019-08-01", ...query }).toString();
  const headers = { "x-identity-header": IDENTITY_HEADER };
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_MS) });
  if (!response.ok) throw new Error(`The local managed identity answers ${response.status}: ${await response.text()}`);
  const body = (await response.json()) as { access_token: string; expires_on: string };
  return { token: body.access_token, expiresOnTimestamp: Number(body.expires_on) * 1000 };
}

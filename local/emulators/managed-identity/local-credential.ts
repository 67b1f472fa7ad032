import type { AccessToken, TokenCredential } from "@azure/identity";

/** Where to get tokens: the values of the variables of the same names. */
export interface IdentitySettings {
  readonly IDENTITY_ENDPOINT: string;
  readonly IDENTITY_HEADER: string;
}

/** Shorter than the life of any token worth using. */
const SPARE_MS = 60_000;

/**
 * The local managed identity for programs that are told its settings. `ManagedIdentityCredential` reads them from the
 * environment of the process.
 */
export function createLocalCredential(settings: IdentitySettings | Promise<IdentitySettings>): TokenCredential {
  const known = new Map<string, AccessToken>();
  return {
    getToken: async (scopes) => {
      const resource = [scopes].flat()[0]?.replace(/\/\.default$/, "") ?? "";
      const cached = known.get(resource);
      if (cached && cached.expiresOnTimestamp - SPARE_MS > Date.now()) return cached;
      const token = await askForToken(await settings, resource);
      known.set(resource, token);
      return token;
    },
  };
}

async function askForToken(settings: IdentitySettings, resource: string): Promise<AccessToken> {
  const url = new URL(settings.IDENTITY_ENDPOINT);
  url.search = new URLSearchParams({ "api-version": "2019-08-01", resource }).toString();
  const response = await fetch(url, { headers: { "x-identity-header": settings.IDENTITY_HEADER } });
  if (!response.ok) throw new Error(`The local managed identity answers ${response.status}: ${await response.text()}`);
  const body = (await response.json()) as { access_token: string; expires_on: string };
  return { token: body.access_token, expiresOnTimestamp: Number(body.expires_on) * 1000 };
}

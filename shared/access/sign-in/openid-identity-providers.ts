import * as openid from "openid-client";
import { AppError } from "../../errors.ts";
import { reached } from "../../runtime/reached.ts";
import type { ReadSecret } from "../../secrets/read-secret.ts";
import type { Person } from "../documents/person.ts";
import type { IdentityProviders, SignInChecks } from "./identity-providers.ts";
import { personOfClaims } from "./person-of-claims.ts";

export interface ProviderSettings {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Name of the Key Vault secret that holds the client secret. */
  readonly clientSecretName: string;
}

/** How long a provider's description of itself is taken from memory. */
const METADATA_MS = 3_600_000;
const REQUEST_SECONDS = 10;

interface Discovered {
  readonly configuration: openid.Configuration;
  readonly secret: string;
  readonly at: number;
}

/** Providers by the Authorization Code Flow with PKCE, `state` and `nonce` (OpenID Connect Core 1.0, section 3.1). */
export function createOpenidIdentityProviders(
  providers: readonly ProviderSettings[],
  { readSecret, now }: { readonly readSecret: ReadSecret; readonly now: () => number },
): IdentityProviders {
  const discovered = new Map<string, Discovered>();

  const settingsOf = (id: string): ProviderSettings => {
    const found = providers.find((provider) => provider.id === id);
    if (found) return found;
    throw new AppError("unknown_provider", `no identity provider is called ${JSON.stringify(id.slice(0, 50))}`);
  };

  /**
   * Made anew when it is old or the client secret has changed: then the library's own memory of the provider's keys is
   * new as well.
   */
  const configure = async (provider: ProviderSettings): Promise<openid.Configuration> => {
    const secret = await readSecret(provider.clientSecretName);
    const known = discovered.get(provider.id);
    if (known && known.secret === secret && now() - known.at < METADATA_MS) return known.configuration;
    const configuration = await discover(provider, secret);
    discovered.set(provider.id, { configuration, secret, at: now() });
    return configuration;
  };

  return {
    list: () => providers.map(({ id, name }) => ({ id, name })),
    begin: async (id, redirectUri, { state, nonce, verifier }) => {
      const configuration = await configure(settingsOf(id));
      const parameters = {
        redirect_uri: redirectUri,
        scope: "openid profile",
        state,
        nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
      };
      return openid.buildAuthorizationUrl(configuration, parameters).href;
    },
    complete: async (id, redirectUri, answer, checks) => {
      const provider = settingsOf(id);
      const configuration = await configure(provider);
      try {
        return await exchange(configuration, redirectUri, answer, checks);
      } catch (error) {
        throw toAppError(error, provider.name);
      }
    },
  };
}

async function discover(provider: ProviderSettings, secret: string): Promise<openid.Configuration> {
  const issuer = new URL(provider.issuer);
  // On this machine nobody can listen in.
  const insecure = issuer.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(issuer.hostname);
  try {
    return await openid.discovery(issuer, provider.clientId, undefined, openid.ClientSecretPost(secret), {
      timeout: REQUEST_SECONDS,
      execute: [
        // The ID token's signature is checked although the token comes from the provider's own token endpoint.
        openid.enableNonRepudiationChecks,
        ...(insecure ? [openid.allowInsecureRequests] : []),
      ],
    });
  } catch (cause) {
    throw new AppError("provider_unavailable", `${provider.name} does not answer as an OpenID provider`, {
      cause,
      retryAfter: 30,
    });
  }
}

async function exchange(
  configuration: openid.Configuration,
  redirectUri: string,
  answer: URLSearchParams,
  { state, nonce, verifier }: SignInChecks,
): Promise<Person & { readonly label: string }> {
  // Never from the request's own address: the client chooses `Host`.
  const callback = new URL(redirectUri);
  callback.search = answer.toString();
  const tokens = await openid.authorizationCodeGrant(configuration, callback, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  if (!claims) throw new AppError("sign_in_failed", "the identity provider sent no ID token");
  return personOfClaims(claims);
}

/**
 * A bad answer of the provider fails the sign-in. No answer means that the provider is unavailable, and so does one
 * that says so.
 */
function toAppError(error: unknown, name: string): AppError {
  if (error instanceof AppError) return error;
  if (isSilence(error) || saysUnavailable(error)) {
    reached("provider-unavailable");
    return new AppError("provider_unavailable", `${name} does not answer`, { cause: error, retryAfter: 30 });
  }
  if (error instanceof openid.AuthorizationResponseError) {
    return error.error === "access_denied"
      ? new AppError("sign_in_cancelled", `${name} says that access was denied`, { cause: error })
      : new AppError("sign_in_failed", `${name} refused the sign-in`, { cause: error });
  }
  return new AppError("sign_in_failed", `what came back from ${name} does not belong to this sign-in`, {
    cause: error,
  });
}

/**
 * By its status, or in the error of RFC 6749 (section 4.1.2.1) that stands for a status where a redirect can have none.
 * Of a 5xx the library tells no more than the response, as the cause.
 */
function saysUnavailable(error: unknown): boolean {
  if (error instanceof openid.AuthorizationResponseError || error instanceof openid.ResponseBodyError) {
    if (["server_error", "temporarily_unavailable"].includes(error.error)) return true;
  }
  const response = error instanceof openid.ClientError ? error.cause : undefined;
  const status =
    error instanceof openid.ResponseBodyError ? error.status : response instanceof Response ? response.status : 0;
  return status >= 500 || status === 429;
}

/** `fetch` throws a TypeError when nobody answered. The library's TypeErrors have a code, and ours have no cause. */
function isSilence(error: unknown): boolean {
  if (error instanceof TypeError) return error.cause instanceof Error && !("code" in error);
  if (error instanceof openid.ClientError && error.code === "OAUTH_TIMEOUT") return true;
  return error instanceof Error && error.name === "TimeoutError";
}

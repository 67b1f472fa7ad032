import type { Person } from "../documents/person.ts";

/** An identity provider, as people choose it. */
export interface ProviderName {
  readonly id: string;
  readonly name: string;
}

/** What a provider's answer must match. It is made for one sign-in, and kept in its cookie. */
export interface SignInChecks {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE (RFC 7636). */
  readonly verifier: string;
}

/** OpenID Connect providers that people sign in with. */
export interface IdentityProviders {
  list(): readonly ProviderName[];
  /** The provider's page to send the browser to. Throws AppError `unknown_provider` or `provider_unavailable`. */
  begin(id: string, redirectUri: string, checks: SignInChecks): Promise<string>;
  /**
   * Takes the provider's answer, and gives the person who signed in. `answer` is the query string that came back to
   * `redirectUri`. Throws AppError `unknown_provider`, `sign_in_cancelled`, `sign_in_failed` or `provider_unavailable`.
   */
  complete(
    id: string,
    redirectUri: string,
    answer: URLSearchParams,
    checks: SignInChecks,
  ): Promise<Person & { readonly label: string }>;
}

import { ManagedIdentityCredential, type TokenCredential } from "@azure/identity";
import type { IdentityEndpoint } from "../config.ts";
import type { Logger } from "../telemetry/log.ts";
import { createEndpointSource } from "./identity-endpoint.ts";
import { createSteadyTokens, type TokenSource } from "./steady-tokens.ts";

export interface CredentialOptions {
  /** The user-assigned identity to use; the system-assigned one when undefined. */
  readonly clientId: string | undefined;
  /** Called for each token that the SDK does not give. */
  readonly readEndpoint: () => IdentityEndpoint | undefined;
  readonly log: Logger;
}

/**
 * The function app's own identity, not a chain of fallbacks: those are slow, and surprise in production. The SDK is
 * asked first; behind it the same identity is asked for without it, when it fails or hangs (docs/adr/0033).
 */
export function createCredential({ clientId, readEndpoint, log }: CredentialOptions): TokenCredential {
  const sdk = clientId === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
  const first: TokenSource = { name: "@azure/identity", getToken: (scope) => sdk.getToken(scope) };
  const getSteadyToken = createSteadyTokens([first, createEndpointSource(readEndpoint, clientId)], { log });
  return { getToken: (scopes) => getSteadyToken([scopes].flat().join(" ")) };
}

import { ManagedIdentityCredential } from "@azure/identity";

/** The function app's own identity, not a chain of fallbacks: those are slow, and surprise in production. */
export function createCredential(clientId: string | undefined): ManagedIdentityCredential {
  return clientId === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
}

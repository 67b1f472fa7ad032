import type { IdentitySettings } from "@headrace/emulators/managed-identity/local-credential.ts";

/** Where the services are. Keys and connection strings are there with `access: "connection-strings"` only. */
export interface Backends {
  readonly cosmos: { readonly endpoint: string; readonly key?: string };
  readonly eventHubs: { readonly endpoint: string; readonly connectionString?: string };
  readonly storage: {
    readonly blobEndpoint: string;
    readonly queueEndpoint: string;
    readonly connectionString?: string;
  };
  readonly keyVault: { readonly endpoint: string };
  /** Where to get tokens: the variables of these names, for the app and for commands beside it. */
  readonly identity: IdentitySettings;
  readonly openid: { readonly issuer: string };
}

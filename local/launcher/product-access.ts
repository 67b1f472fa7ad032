import { existsSync } from "node:fs";
import type { TokenCredential } from "@azure/identity";
import { trustCertificate } from "@headrace/emulators/kit/certificate/trust.ts";
import { createLocalCredential } from "@headrace/emulators/managed-identity/local-credential.ts";
import type { Connection } from "../../shared/config.ts";
import { StackError } from "./stack-error.ts";

/** How a command reaches the services of a running product whose settings it was given. */
export interface ProductAccess {
  readonly cosmos: { readonly endpoint: string; readonly key: string | undefined };
  readonly eventHubs: Connection;
  readonly hub: string;
  /** For services without a key. */
  readonly credential: () => TokenCredential;
}

/**
 * Reads the settings and makes this process trust the product's certificate. Throws a {@link StackError} when a setting
 * is missing.
 */
export function accessOf(env: Readonly<Record<string, string>>): ProductAccess {
  const { COSMOS_ENDPOINT: endpoint, COSMOS_KEY: key, EVENT_HUB_NAME: hub = "", NODE_EXTRA_CA_CERTS: ca } = env;
  const { EventHubConnection: connectionString, EventHubConnection__fullyQualifiedNamespace: host } = env;
  if (!endpoint || !(connectionString || host)) {
    throw new StackError("The settings of the running Headrace name no Cosmos DB or Event Hubs endpoint.");
  }
  if (ca && existsSync(ca)) trustCertificate(ca);
  const { IDENTITY_ENDPOINT = "", IDENTITY_HEADER = "" } = env;
  const credential = createLocalCredential({ IDENTITY_ENDPOINT, IDENTITY_HEADER });
  return {
    cosmos: { endpoint, key },
    eventHubs: connectionString ? { connectionString } : { host: host ?? "" },
    hub,
    credential: () => credential,
  };
}

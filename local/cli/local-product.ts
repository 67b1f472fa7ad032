import { CosmosClient } from "@azure/cosmos";
import { createCosmosIdentityDocuments } from "../../shared/identity/cosmos-identity-documents.ts";
import { createCosmosIdentityStore } from "../../shared/identity/cosmos-identity-store.ts";
import type { IdentityDocuments } from "../../shared/identity/identity-documents.ts";
import type { IdentityStore } from "../../shared/identity/identity-store.ts";
import { containers, databaseName } from "../../shared/store/containers.ts";
import { accessOf } from "../pipeline/product-access.ts";

export interface OpenIdentityStore {
  readonly store: IdentityStore;
  readonly documents: IdentityDocuments;
  close(): void;
}

/** The identity store of the product that runs with these settings; a command is a second process of the same product. */
export function openIdentityStore(env: Readonly<Record<string, string>>): OpenIdentityStore {
  const { cosmos, credential } = accessOf(env);
  const client = new CosmosClient({
    endpoint: cosmos.endpoint,
    ...(cosmos.key === undefined ? { aadCredentials: credential() } : { key: cosmos.key }),
    connectionPolicy: { enableEndpointDiscovery: false },
  });
  const container = client.database(databaseName).container(containers.identity.id);
  return {
    store: createCosmosIdentityStore(container),
    documents: createCosmosIdentityDocuments(container),
    close: () => client.dispose(),
  };
}

import type { ApiKeyDocument, EndedKeyDocument } from "../../shared/access/documents/identity-documents.ts";
import type { IdentityStore, StoredApiKey } from "../../shared/access/keys/identity-store.ts";
import type { LastUsedStore } from "../../shared/access/keys/last-used.ts";
import { readScopes } from "../../shared/identity/stored-scopes.ts";
import { type IdentityContainer, identityKey, keepIdentity } from "./memory-identity.ts";
import { call, type MemoryService } from "./memory-service.ts";

export interface MemoryIdentityStore extends IdentityStore, LastUsedStore, MemoryService {
  /** How often keys were asked for, away or not. */
  asked: number;
}

/** Reads what `createMemoryIdentityDocuments` keeps. It passes the same contract suite as the one for Cosmos DB. */
export function createMemoryIdentityStore(container: IdentityContainer): MemoryIdentityStore {
  const store: MemoryIdentityStore = {
    away: false,
    hanging: undefined,
    asked: 0,
    listOrgs: () => call(store, () => [...orgs()]),
    listOrgIds: () => call(store, () => [...orgs()].map(({ orgId }) => orgId)),
    findLatestApiKey: (orgId, keyId) => {
      store.asked++;
      return call(store, () => {
        const found = container.get(identityKey(orgId, `key:${keyId}`))?.value;
        return found?.kind === "api_key" || found?.kind === "ended_key" ? toApiKey(found) : undefined;
      });
    },
    noteKeyUse: (orgId, keyId, day) =>
      call(store, () => {
        const found = container.get(identityKey(orgId, `key:${keyId}`))?.value;
        if (found?.kind === "api_key" && (found.last_used_on ?? "") < day)
          keepIdentity(container, { ...found, last_used_on: day });
      }),
  };
  function* orgs() {
    for (const { value } of container.values())
      if (value.kind === "org") yield { orgId: value.org_id, name: value.name, createdAt: value.created_at };
  }
  return store;
}

function toApiKey(document: ApiKeyDocument | EndedKeyDocument): StoredApiKey {
  const { org_id, key_id, hash, scopes, revoked_at, expires_at } = document;
  return {
    ...{ orgId: org_id, keyId: key_id, hash, ...readScopes(scopes) },
    ...(revoked_at !== undefined && { revokedAt: revoked_at }),
    ...(expires_at !== undefined && { expiresAt: expires_at }),
  };
}

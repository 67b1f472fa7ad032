import type { Container } from "@azure/cosmos";
import { readScopes } from "../../identity/stored-scopes.ts";
import { catchUp } from "../../store/catch-up.ts";
import { inTime, queryAll, readDocument } from "../../store/cosmos.ts";
import { isReadable } from "../../store/formats.ts";
import type { ApiKeyDocument, EndedKeyDocument, OrgDocument } from "../documents/identity-documents.ts";
import { isWholeKey } from "../documents/whole-key.ts";
import type { IdentityStore, StoredApiKey } from "./identity-store.ts";
import type { LastUsedStore } from "./last-used.ts";

export function createCosmosIdentityStore(container: Container): IdentityStore & LastUsedStore {
  return {
    noteKeyUse: async (orgId, keyId, day) => {
      const condition = `FROM c WHERE NOT IS_DEFINED(c.last_used_on) OR c.last_used_on < "${day}"`;
      const operations = [{ op: "set" as const, path: "/last_used_on", value: day }];
      try {
        const item = container.item(`key:${keyId}`, orgId);
        await inTime((abortSignal) => item.patch({ condition, operations }, { abortSignal }));
      } catch (error) {
        // Another instance has noted it, or the key is gone.
        if (![404, 412].includes(Number((error as { code?: unknown }).code))) throw error;
      }
    },
    listOrgs: async () =>
      (await queryAll<OrgDocument>(container, { query: `SELECT * FROM c WHERE c.kind = "org"` })).map(toOrg),
    listOrgIds: () => queryAll<string>(container, { query: `SELECT VALUE c.org_id FROM c WHERE c.kind = "org"` }),
    findLatestApiKey: async (orgId, keyId) => {
      await catchUp(container, orgId);
      const found = await readDocument<StoredKeyDocument>(container, `key:${keyId}`, orgId);
      return found && toApiKey(found);
    },
  };
}

type StoredKeyDocument = ApiKeyDocument | EndedKeyDocument;

function toOrg({ org_id, name, created_at }: OrgDocument) {
  return { orgId: org_id, name, createdAt: created_at };
}

function reasonAgainst(document: StoredKeyDocument): string | undefined {
  if (!isReadable(document.kind, document))
    return "a newer release wrote the API key, and this instance cannot read it";
  return isWholeKey(document) ? undefined : "what is stored of the API key is damaged";
}

function toApiKey(document: StoredKeyDocument): StoredApiKey {
  const unreadable = reasonAgainst(document);
  const { id, org_id, hash, scopes, revoked_at, expires_at } = document;
  return {
    ...{ orgId: org_id, keyId: id.slice("key:".length), hash, ...readScopes(scopes) },
    ...(revoked_at === undefined ? undefined : { revokedAt: revoked_at }),
    ...(expires_at === undefined ? undefined : { expiresAt: expires_at }),
    ...(unreadable === undefined ? undefined : { unreadable }),
  };
}

import type { Container } from "@azure/cosmos";
import { AppError } from "../errors.ts";
import type { LastUsedStore } from "../keys/last-used.ts";
import { inTime, queryAll, readDocument, writeResultOfError } from "../store/cosmos.ts";
import type { WriteResult } from "../store/event-store.ts";
import type { ApiKeyDocument, OrgDocument } from "./identity-documents.ts";
import type { IdentityStore, StoredApiKey } from "./identity-store.ts";

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
    createOrg: async ({ orgId, name, createdAt }) => {
      const document: OrgDocument = { id: "org", org_id: orgId, kind: "org", name, created_at: createdAt };
      return mustAnswer(await create(container, document)) === "written";
    },
    readOrg: async (orgId) => {
      const found = await readDocument<OrgDocument>(container, "org", orgId);
      return found && toOrg(found);
    },
    listOrgs: async () =>
      (await queryAll<OrgDocument>(container, { query: `SELECT * FROM c WHERE c.kind = "org"` })).map(toOrg),
    listOrgIds: () => queryAll<string>(container, { query: `SELECT VALUE c.org_id FROM c WHERE c.kind = "org"` }),
    createApiKey: async (key) => {
      mustAnswer(await create(container, toDocument(key)));
    },
    listApiKeys: async (orgId) => {
      const query = { query: `SELECT * FROM c WHERE c.kind = "api_key"` };
      return (await queryAll<ApiKeyDocument>(container, query, { partitionKey: orgId })).map(toApiKey);
    },
    revokeApiKey: async (orgId, keyId, revokedAt) => {
      try {
        const item = container.item(`key:${keyId}`, orgId);
        await inTime((abortSignal) =>
          item.patch([{ op: "set", path: "/revoked_at", value: revokedAt }], { abortSignal }),
        );
        return true;
      } catch (error) {
        if ((error as { code?: unknown }).code === 404) return false;
        throw new AppError("store_unavailable", "Cosmos DB does not answer", { cause: error, retryAfter: 1 });
      }
    },
  };
}

async function create(container: Container, document: OrgDocument | ApiKeyDocument): Promise<WriteResult> {
  try {
    await inTime((abortSignal) => container.items.create(document, { abortSignal }));
    return { status: "written" };
  } catch (error) {
    return writeResultOfError(error);
  }
}

function mustAnswer(result: WriteResult): "written" | "conflict" {
  if (result.status === "written" || result.status === "conflict") return result.status;
  throw new AppError("store_unavailable", "Cosmos DB does not take the document", { cause: result, retryAfter: 1 });
}

function toOrg({ org_id, name, created_at }: OrgDocument) {
  return { orgId: org_id, name, createdAt: created_at };
}

function toDocument({ orgId, keyId, hash, scopes, createdAt }: StoredApiKey): ApiKeyDocument {
  return { id: `key:${keyId}`, org_id: orgId, kind: "api_key", key_id: keyId, hash, scopes, created_at: createdAt };
}

function toApiKey(document: ApiKeyDocument): StoredApiKey {
  const { org_id, key_id, hash, scopes, created_at, revoked_at, expires_at, last_used_on } = document;
  return {
    ...{ orgId: org_id, keyId: key_id, hash, scopes, createdAt: created_at },
    ...(revoked_at === undefined ? undefined : { revokedAt: revoked_at }),
    ...(expires_at === undefined ? undefined : { expiresAt: expires_at }),
    ...(last_used_on === undefined ? undefined : { lastUsedOn: last_used_on }),
  };
}

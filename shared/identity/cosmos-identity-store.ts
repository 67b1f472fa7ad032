import type { Container } from "@azure/cosmos";
import { AppError } from "../errors.ts";
import { inTime, queryAll, readDocument, writeResultOfError } from "../store/cosmos.ts";
import type { WriteResult } from "../store/event-store.ts";
import type { IdentityStore, StoredApiKey } from "./identity-store.ts";
import type { Scope } from "./principal.ts";

interface OrgDocument {
  readonly id: "org";
  readonly org_id: string;
  readonly kind: "org";
  readonly name: string;
  readonly created_at: string;
}

interface ApiKeyDocument {
  /** `key:<key id>` */
  readonly id: string;
  readonly org_id: string;
  readonly kind: "api_key";
  readonly key_id: string;
  readonly hash: string;
  readonly scopes: readonly Scope[];
  readonly created_at: string;
  readonly revoked_at?: string;
}

export function createCosmosIdentityStore(container: Container): IdentityStore {
  return {
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
    createApiKey: async (key) => {
      mustAnswer(await create(container, toDocument(key)));
    },
    readApiKey: async (orgId, keyId) => {
      const found = await readDocument<ApiKeyDocument>(container, `key:${keyId}`, orgId);
      return found && toApiKey(found);
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

function toApiKey({ org_id, key_id, hash, scopes, created_at, revoked_at }: ApiKeyDocument): StoredApiKey {
  const revoked = revoked_at === undefined ? undefined : { revokedAt: revoked_at };
  return { orgId: org_id, keyId: key_id, hash, scopes, createdAt: created_at, ...revoked };
}

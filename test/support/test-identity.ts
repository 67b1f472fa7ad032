import { randomBytes } from "node:crypto";
import type { ApiKeyDocument, IdentityDocuments } from "../../shared/access/documents/identity-documents.ts";
import { makeApiKey } from "../../shared/access/keys/api-key.ts";
import { encodeOrgId } from "../../shared/identity/org-id.ts";
import { type KeyScope, keyScopes } from "../../shared/identity/roles.ts";

export interface TestIdentity {
  /** Returns its id. */
  makeOrg(name?: string): Promise<string>;
  makeApiKey(orgId: string, scopes?: readonly KeyScope[]): Promise<{ readonly key: string; readonly keyId: string }>;
  revokeApiKey(orgId: string, keyId: string): Promise<void>;
  expireApiKey(orgId: string, keyId: string, at: Date): Promise<void>;
}

/** Writes orgs and API keys as the product stores them, without an operator, an admin or a line in the audit trail. */
export function createTestIdentity(documents: IdentityDocuments): TestIdentity {
  const commit = async (...[orgId, writes]: Parameters<IdentityDocuments["commit"]>): Promise<void> => {
    if (!(await documents.commit(orgId, writes))) throw new Error(`${orgId} has it already, or it was changed`);
  };
  const now = (): string => new Date().toISOString();
  const changeKey = async (orgId: string, keyId: string, changes: Partial<ApiKeyDocument>): Promise<void> => {
    const found = await documents.read("api_key", orgId, `key:${keyId}`);
    if (!found) throw new Error(`${orgId} has no key ${keyId}`);
    await commit(orgId, [{ replace: { ...found.value, ...changes }, etag: found.etag }]);
  };
  return {
    makeOrg: async (name = `test-${randomBytes(6).toString("hex")}`) => {
      const orgId = encodeOrgId(name);
      await commit(orgId, [{ create: { id: "org", org_id: orgId, kind: "org", name, created_at: now() } }]);
      return orgId;
    },
    makeApiKey: async (orgId, scopes = keyScopes) => {
      const { key, keyId, hash } = makeApiKey(orgId);
      const stored = { id: `key:${keyId}`, org_id: orgId, kind: "api_key", key_id: keyId, hash, scopes } as const;
      await commit(orgId, [{ create: { ...stored, created_at: now() } }]);
      return { key, keyId };
    },
    revokeApiKey: (orgId, keyId) => changeKey(orgId, keyId, { revoked_at: now() }),
    expireApiKey: (orgId, keyId, at) => changeKey(orgId, keyId, { expires_at: at.toISOString() }),
  };
}

import { randomBytes } from "node:crypto";
import type {
  ApiKeyDocument,
  IdentityDocuments,
  OrgDocument,
  Write,
} from "../../shared/access/documents/identity-documents.ts";
import { keepState, readOrg } from "../../shared/access/documents/keep-state.ts";
import { makeApiKey } from "../../shared/access/keys/api-key.ts";
import { encodeOrgId } from "../../shared/identity/org-id.ts";
import { type KeyScope, keyScopes } from "../../shared/identity/roles.ts";
import { withKey, withoutKey } from "../../shared/org/org-state.ts";
import { change } from "../../shared/store/change.ts";

export interface TestIdentity {
  /** Returns its id. */
  makeOrg(name?: string): Promise<string>;
  /** Of an org that is there, or is made with it. */
  makeApiKey(orgId: string, scopes?: readonly KeyScope[]): Promise<{ readonly key: string; readonly keyId: string }>;
  revokeApiKey(orgId: string, keyId: string): Promise<void>;
  expireApiKey(orgId: string, keyId: string, at: Date): Promise<void>;
}

/** Writes orgs and API keys as the product stores them, without an operator, an admin or a line in the audit trail. */
export function createTestIdentity(documents: IdentityDocuments): TestIdentity {
  const now = (): string => new Date().toISOString();
  const last = new Map<string, Promise<void>>();
  /** Changes of one org take turns: else each would meet the others at the ETag of its state. */
  const changing = (orgId: string, decide: () => Promise<readonly Write[]>): Promise<void> => {
    const work = () => change(documents, orgId, async () => ({ writes: await decide(), result: undefined }));
    const done = (last.get(orgId) ?? Promise.resolve()).then(work, work);
    last.set(orgId, done);
    return done;
  };
  const makeOrg = async (orgId: string, name: string): Promise<void> => {
    const org: OrgDocument = { id: "org", org_id: orgId, kind: "org", name, created_at: now() };
    if (!(await documents.commit(orgId, [{ create: org }]))) throw new Error(`${orgId} is there already`);
  };
  const changeKey = (orgId: string, keyId: string, changes: Partial<ApiKeyDocument>): Promise<void> =>
    changing(orgId, async () => {
      const org = await readOrg(documents, orgId, 0);
      const found = await documents.read("api_key", orgId, `key:${keyId}`);
      if (!found) throw new Error(`${orgId} has no key ${keyId}`);
      const replace = { ...found.value, ...changes };
      const state = keepState(org, (before) => {
        return changes.revoked_at === undefined ? withKey(before, replace, 0) : withoutKey(before, keyId, 0);
      });
      return [{ replace, etag: found.etag }, ...state];
    });
  return {
    makeOrg: async (name = `test-${randomBytes(6).toString("hex")}`) => {
      const orgId = encodeOrgId(name);
      await makeOrg(orgId, name);
      return orgId;
    },
    makeApiKey: async (orgId, scopes = keyScopes) => {
      const { key, keyId, hash } = makeApiKey(orgId);
      const stored = { id: `key:${keyId}`, org_id: orgId, kind: "api_key", key_id: keyId, hash, scopes } as const;
      if (!(await documents.read("org", orgId, "org"))) await makeOrg(orgId, orgId);
      await changing(orgId, async () => {
        const state = keepState(await readOrg(documents, orgId, 0), (before) => withKey(before, stored, 0));
        return [{ create: { ...stored, created_at: now() } }, ...state];
      });
      return { key, keyId };
    },
    revokeApiKey: (orgId, keyId) => changeKey(orgId, keyId, { revoked_at: now() }),
    expireApiKey: (orgId, keyId, at) => changeKey(orgId, keyId, { expires_at: at.toISOString() }),
  };
}

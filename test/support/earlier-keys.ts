import type {
  ApiKeyDocument,
  EndedKeyDocument,
  IdentityDocuments,
  Write,
} from "../../shared/access/documents/identity-documents.ts";
import { readState } from "../../shared/access/documents/keep-state.ts";
import { makeKeyDocument } from "../../shared/access/keys/keys.ts";
import { type OrgStateDocument, withKey, withoutKey } from "../../shared/org/org-state.ts";
import { change } from "../../shared/store/change.ts";

const actor = { subject: "member:m", clientAddress: "192.0.2.1", requestId: "r" };
const wanted = { name: "k", scopes: ["events:read"] } as const;

/** How 0.6.0 changes the keys of an org: what stands in its transactions, but for the trail and the limit. */
export function createEarlierKeys(documents: IdentityDocuments, orgId: string, now: () => number) {
  const changing = <T>(
    decide: (at: number) => Promise<{
      readonly writes: Write[];
      readonly keep: (state: OrgStateDocument) => OrgStateDocument;
      readonly result: T;
    }>,
  ): Promise<T> =>
    change(documents, orgId, async () => {
      const org = await documents.read("org", orgId, "org");
      const state = await readState(documents, orgId, org?.value);
      const { writes, keep, result } = await decide(now());
      // The state where there is one; else the org as it is.
      const kept = state ? { replace: keep(state.value), etag: state.etag } : undefined;
      const touched = org ? [{ replace: org.value, etag: org.etag }] : [];
      return { writes: [...writes, ...(kept ? [kept] : touched)], result };
    });
  const read = async (keyId: string) => {
    const found = await documents.read("api_key", orgId, `key:${keyId}`);
    if (!found) throw new Error(`there is no key ${keyId}`);
    return found;
  };
  const retire = (key: ApiKeyDocument): EndedKeyDocument => ({ ...key, kind: "ended_key", ttl: 90 * 24 * 3_600 });
  return {
    create: () =>
      changing(async (at) => {
        const { key, document } = makeKeyDocument(orgId, actor, at, wanted);
        return { writes: [{ create: document }], keep: (state) => withKey(state, document, at), result: key };
      }),
    revoke: (keyId: string) =>
      changing(async (at) => {
        const { value, etag } = await read(keyId);
        const replace = retire({ ...value, revoked_at: new Date(at).toISOString() });
        return { writes: [{ replace, etag }], keep: (state) => withoutKey(state, keyId, at), result: undefined };
      }),
    rotate: (keyId: string, overlapMs: number) =>
      changing(async (at) => {
        const { value, etag } = await read(keyId);
        const { key, document } = makeKeyDocument(orgId, actor, at, wanted);
        const expiring = { ...value, expires_at: new Date(at + overlapMs).toISOString() };
        const replace = overlapMs === 0 ? retire(expiring) : expiring;
        const keep = (state: OrgStateDocument) => withKey(withKey(state, expiring, at), document, at);
        return { writes: [{ replace, etag }, { create: document }], keep, result: key };
      }),
  };
}

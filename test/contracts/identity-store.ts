import { describe, expect, it } from "vitest";
import type { ApiKeyDocument, IdentityDocuments } from "../../shared/access/documents/identity-documents.ts";
import type { IdentityStore } from "../../shared/access/keys/identity-store.ts";
import type { LastUsedStore } from "../../shared/access/keys/last-used.ts";
import { createTestIdentity } from "../support/test-identity.ts";
import { newOrg } from "./new-org.ts";

export interface OpenIdentityStore {
  readonly store: IdentityStore & LastUsedStore;
  /** The port that writes the documents which this one reads. */
  readonly documents: IdentityDocuments;
}

export interface IdentityStoreUnderTest {
  open(): Promise<OpenIdentityStore>;
  /** Of a service that fails every call. */
  openAway(): Promise<OpenIdentityStore["store"]>;
}

const EARLIER = "2026-11-24";
const DAY = "2026-11-25";

async function openWithKey(open: IdentityStoreUnderTest["open"]) {
  const { store, documents } = await open();
  const orgId = newOrg();
  const { keyId } = await createTestIdentity(documents).makeApiKey(orgId);
  const usedOn = async () => (await documents.read("api_key", orgId, `key:${keyId}`))?.value.last_used_on;
  return { store, documents, orgId, keyId, usedOn };
}

/** The contract of every adapter of the identity store, and of the notes of a key's use. */
export function describeIdentityStore(name: string, { open, openAway }: IdentityStoreUnderTest): void {
  describe(`identity store: ${name}`, () => {
    it("lists every org as it was made, and its id", async () => {
      const { store, documents } = await open();
      const made = [newOrg(), newOrg()];
      for (const org of made) await createTestIdentity(documents).makeOrg(org);
      const orgs = await store.listOrgs();
      const ids = await store.listOrgIds();
      for (const orgId of made) {
        const createdAt = (await documents.read("org", orgId, "org"))?.value.created_at;
        expect(orgs.filter((org) => org.orgId === orgId)).toEqual([{ orgId, name: orgId, createdAt }]);
        expect(ids.filter((id) => id === orgId)).toHaveLength(1);
      }
    });

    it("finds an org's keys with all that decides of them, those that have ended too, and no other org's", async () => {
      const { store, documents } = await open();
      const [orgId, other] = [newOrg(), newOrg()];
      const base = { org_id: orgId, kind: "api_key", hash: "h", created_at: `${DAY}T00:00:00.000Z` } as const;
      const plain: ApiKeyDocument = { ...base, id: "key:a", key_id: "a", scopes: ["events:read"], name: "unseen" };
      const rotated = { ...base, id: "key:b", key_id: "b", scopes: [], expires_at: DAY, last_used_on: DAY };
      const revoked = { ...base, id: "key:c", key_id: "c", scopes: [], revoked_at: DAY };
      const retired = { ...revoked, id: "key:d", key_id: "d", kind: "ended_key" } as const;
      await documents.commit(
        orgId,
        [plain, rotated, revoked, retired].map((create) => ({ create })),
      );
      await createTestIdentity(documents).makeApiKey(other);
      const common = { orgId, hash: "h" };
      const expected = [
        { ...common, keyId: "a", scopes: ["events:read"] },
        { ...common, keyId: "b", scopes: [], expiresAt: DAY },
        { ...common, keyId: "c", scopes: [], revokedAt: DAY },
        { ...common, keyId: "d", scopes: [], revokedAt: DAY },
      ];
      for (const key of expected) expect(await store.findLatestApiKey(orgId, key.keyId)).toEqual(key);
      expect(await store.findLatestApiKey(other, "b")).toBeUndefined();
    });

    it("gives no key of an org that does not exist", async () => {
      const { store } = await open();
      expect(await store.findLatestApiKey(newOrg(), "a")).toBeUndefined();
    });

    it("notes the day of a key's use unless a later one is noted, and changes nothing else", async () => {
      const { store, documents, orgId, keyId, usedOn } = await openWithKey(open);
      const before = (await documents.read("api_key", orgId, `key:${keyId}`))?.value;
      await store.noteKeyUse(orgId, keyId, EARLIER);
      expect(await usedOn()).toBe(EARLIER);
      await Promise.all([store.noteKeyUse(orgId, keyId, DAY), store.noteKeyUse(orgId, keyId, DAY)]);
      await store.noteKeyUse(orgId, keyId, EARLIER);
      expect(await usedOn()).toBe(DAY);
      const after = (await documents.read("api_key", orgId, `key:${keyId}`))?.value;
      expect(after).toEqual({ ...before, last_used_on: DAY });
    });

    it("notes nothing for a missing key or another org's, and reports nothing", async () => {
      const { store, keyId, usedOn } = await openWithKey(open);
      const other = newOrg();
      await store.noteKeyUse(other, keyId, DAY);
      expect(await usedOn()).toBeUndefined();
      expect(await store.findLatestApiKey(other, keyId)).toBeUndefined();
    });

    it("makes a change of the key fail that was read before a note", async () => {
      const { store, documents, orgId, keyId } = await openWithKey(open);
      const read = await documents.read("api_key", orgId, `key:${keyId}`);
      await store.noteKeyUse(orgId, keyId, DAY);
      if (!read) throw new Error("the key is gone");
      expect(await documents.commit(orgId, [{ replace: read.value, etag: read.etag }])).toBe(false);
    });

    it("throws while the service is away", async () => {
      const store = await openAway();
      await expect(store.listOrgs()).rejects.toThrow();
      await expect(store.listOrgIds()).rejects.toThrow();
      await expect(store.findLatestApiKey("a", "b")).rejects.toThrow();
      await expect(store.noteKeyUse("a", "b", DAY)).rejects.toThrow();
    });
  });
}

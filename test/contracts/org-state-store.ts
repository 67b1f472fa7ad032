import { describe, expect, it } from "vitest";
import type { IdentityDocuments, OrgDocument } from "../../shared/access/documents/identity-documents.ts";
import type { OrgStateDocument } from "../../shared/org/org-state.ts";
import type { OrgStateStore } from "../../shared/org/org-state-store.ts";
import { newOrg } from "./new-org.ts";

export interface OpenOrgStateStore {
  readonly store: OrgStateStore;
  /** The port that writes the documents which this one reads. */
  readonly documents: IdentityDocuments;
}

export interface OrgStateStoreUnderTest {
  open(): Promise<OpenOrgStateStore>;
  /** Of a service that fails every call. */
  openAway(): Promise<OrgStateStore>;
}

const keys = [
  { key_id: "a", hash: "h", scopes: ["events:read"] },
  { key_id: "b", hash: "i", scopes: [], expires_at: "2026-11-25T00:00:00.000Z" },
] as const;

async function openWithState({ open }: OrgStateStoreUnderTest, more: Partial<OrgStateDocument> = {}) {
  const { store, documents } = await open();
  const orgId = newOrg();
  const create: OrgStateDocument = { id: "state", kind: "org_state", org_id: orgId, keys, ...more };
  await documents.commit(orgId, [{ create }]);
  const replace = async (changes: Partial<OrgStateDocument>) => {
    const found = await documents.read("org_state", orgId, "state");
    await documents.commit(orgId, [{ replace: { ...create, ...changes }, etag: found?.etag ?? "" }]);
  };
  return { store, documents, orgId, replace };
}

/** The contract of every adapter of the store of orgs' states. */
export function describeOrgStateStore(name: string, underTest: OrgStateStoreUnderTest): void {
  describe(`org state store: ${name}`, () => {
    it.each(["read", "readLatest"] as const)("%s gives what the state says of an org, and no other's", async (by) => {
      const { store, orgId } = await openWithState(underTest, { has_more: true, suspended: true });
      const state = await store[by](orgId);
      const byId = new Map(keys.map((key) => [key.key_id as string, key]));
      expect(state).toMatchObject({ keys: byId, hasMore: true, suspended: true });
      expect(state?.unreadable).toBeUndefined();
      expect(await store[by](newOrg())).toBeUndefined();
    });

    it("gives the same again until it changes, and then what it says now", async () => {
      const { store, orgId, replace } = await openWithState(underTest);
      const first = await store.read(orgId);
      expect(first).toMatchObject({ hasMore: false, suspended: false });
      expect([await store.read(orgId, first), await store.readLatest(orgId, first)]).toEqual([first, first]);
      expect(await store.read(orgId, first)).toBe(first);
      await replace({ keys: [], suspended: true });
      const second = await store.read(orgId, first);
      expect(second).toMatchObject({ keys: new Map(), suspended: true });
      expect(second?.etag).not.toBe(first?.etag);
    });

    it.each<[string, Partial<OrgStateDocument>]>([
      ["without keys", { keys: undefined as never }],
      ["with a key without a hash", { keys: [{ ...keys[0], hash: "" }] }],
      ["with scopes that are no list", { keys: [{ ...keys[0], scopes: "events:read" as never }] }],
      ["with an end that is no time", { keys: [{ ...keys[0], expires_at: "soon" }] }],
      ["with more keys than it has room for", { keys: Array.from({ length: 501 }, () => keys[0]) }],
      ["that may be suspended or not", { suspended: "yes" as never }],
    ])("says that a state %s cannot be read, until it can", async (_, damage) => {
      const { store, orgId, replace } = await openWithState(underTest, damage);
      const damaged = await store.read(orgId);
      expect(damaged).toMatchObject({ keys: new Map(), unreadable: expect.stringContaining("damaged") });
      expect(await store.readLatest(orgId, damaged)).toEqual(damaged);
      await replace({ keys, suspended: false });
      expect((await store.readLatest(orgId, damaged))?.keys.size).toBe(2);
    });

    it("gives none for another document of the org, or for an org without one", async () => {
      const { store, documents } = await underTest.open();
      const orgId = newOrg();
      const org: OrgDocument = { id: "org", org_id: orgId, kind: "org", name: orgId, created_at: "" };
      await documents.commit(orgId, [{ create: org }]);
      expect(await store.read(orgId)).toBeUndefined();
    });

    it("throws while the service is away", async () => {
      const store = await underTest.openAway();
      await expect(store.read("a")).rejects.toThrow();
      await expect(store.readLatest("a")).rejects.toThrow();
    });
  });
}

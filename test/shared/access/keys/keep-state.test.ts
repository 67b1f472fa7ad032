import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCosmosIdentityDocuments } from "../../../../shared/access/documents/cosmos-identity-documents.ts";
import type { IdentityDocuments } from "../../../../shared/access/documents/identity-documents.ts";
import { createKey, type KeysDeps, revokeKey, rotateKey } from "../../../../shared/access/keys/keys.ts";
import type { Principal } from "../../../../shared/identity/principal.ts";
import { roleScopes } from "../../../../shared/identity/roles.ts";
import { suspendOrg } from "../../../../shared/operator/manage-orgs.ts";
import { startCosmosAccount } from "../../../support/cosmos-account.ts";
import { createMemoryIdentityDocuments } from "../../../support/memory-identity.ts";
import { makeNextState } from "../../../support/next-org-state.ts";
import { createTestIdentity } from "../../../support/test-identity.ts";

const NOW = Date.UTC(2026, 10, 29);
const actor = { subject: "member:m", clientAddress: "192.0.2.1", requestId: "r" };
const wanted = { name: "k", scopes: ["events:read"] } as const;
const revocations = { setSuspended: async () => undefined };
const identity = { listOrgs: async () => [] };

/** An org with three keys, and what is done to them. */
async function openOrg(documents: IdentityDocuments, clock = { now: NOW }) {
  const make = createTestIdentity(documents);
  const orgId = await make.makeOrg();
  const made: string[] = [];
  for (let i = 0; i < 3; i++) made.push((await make.makeApiKey(orgId)).keyId);
  const principal: Principal = { orgId, subject: "member:m", scopes: roleScopes.admin, tokenId: "t" };
  const on = (own: IdentityDocuments) => {
    const deps: KeysDeps = { documents: own, revoke: async () => undefined, now: () => clock.now };
    return {
      create: async () => (await createKey(deps, actor, principal, wanted)).api_key.key_id,
      rotate: (keyId: string, overlap: number) => rotateKey(deps, actor, principal, keyId, overlap),
      revoke: (keyId: string) => revokeKey(deps, actor, orgId, keyId),
      suspend: (suspended: boolean) => suspendOrg({ ...deps, identity, revocations }, actor, orgId, suspended),
      makeState: () => makeNextState(own, orgId, clock.now),
    };
  };
  return { orgId, made, clock, on, ...on(documents) };
}

/** Keys that work, by what is stored of each, and by the state. */
async function compare(documents: IdentityDocuments, orgId: string, at: number) {
  const stored = (await documents.list("api_key", orgId))
    .map(({ value }) => value)
    .filter(({ revoked_at }) => revoked_at === undefined)
    .filter(({ expires_at }) => expires_at === undefined || Date.parse(expires_at) > at)
    .map(({ key_id, hash, scopes, expires_at }) => ({ key_id, hash, scopes, ...(expires_at && { expires_at }) }));
  const state = (await documents.read("org_state", orgId, "state"))?.value;
  const byId = (a: { key_id: string }, b: { key_id: string }) => (a.key_id < b.key_id ? -1 : 1);
  return { stored: stored.sort(byId), inState: state?.keys.toSorted(byId), state };
}

describe("the state of an org", () => {
  it("says what a change of its keys has made, and whether the org is suspended", async () => {
    const { cosmos } = await startCosmosAccount();
    const documents = createCosmosIdentityDocuments(cosmos.containers.identity);
    const { orgId, made, clock, create, rotate, revoke, suspend, makeState } = await openOrg(documents);
    const [first = "", second = "", third = ""] = made;
    const check = async (keys: number) => {
      const { stored, inState } = await compare(documents, orgId, clock.now);
      expect(inState).toEqual(stored);
      expect(stored).toHaveLength(keys);
    };
    await makeState();
    await check(3);
    await create();
    await check(4);
    await rotate(first, 60);
    await check(5);
    await rotate(second, 0);
    await check(5);
    await revoke(third);
    await check(4);
    // The rotated key ends, and leaves with the next change.
    clock.now += 60_000;
    await create();
    await check(4);
    for (const suspended of [true, false]) {
      await suspend(suspended);
      expect((await compare(documents, orgId, clock.now)).state).toMatchObject({ suspended });
      expect((await documents.read("org", orgId, "org"))?.value).toMatchObject({ suspended, has_state: true });
    }
  });

  it("is not made by a change, and says what was before it once it is made", async () => {
    const documents = createMemoryIdentityDocuments();
    const { orgId, made, clock, create, revoke, suspend, makeState } = await openOrg(documents);
    await create();
    await revoke(made[0] ?? "");
    await suspend(true);
    expect((await compare(documents, orgId, clock.now)).state).toBeUndefined();
    await makeState();
    const { stored, inState, state } = await compare(documents, orgId, clock.now);
    expect([inState, state?.suspended]).toEqual([stored, true]);
  });

  it("has every key, and only those that work, however it is made while keys are made, rotated and revoked", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const documents = createMemoryIdentityDocuments();
        const { orgId, made, clock, on } = await openOrg(documents);
        const [first = "", second = "", third = ""] = made;
        // Each of these waits for its turn before each request to the store.
        const taking = (): IdentityDocuments => ({
          ...documents,
          read: (...args) => scheduler.schedule(Promise.resolve()).then(() => documents.read(...args)),
          list: (...args) => scheduler.schedule(Promise.resolve()).then(() => documents.list(...args)),
          commit: (...args) => scheduler.schedule(Promise.resolve()).then(() => documents.commit(...args)),
        });
        const instances = Array.from({ length: 6 }, () => on(taking()));
        const [one, two, three, four, five, six] = instances;
        const work = [
          one?.makeState(),
          two?.create(),
          three?.revoke(first),
          four?.rotate(second, 0),
          five?.rotate(third, 60),
          six?.suspend(true),
        ];
        await scheduler.waitFor(Promise.all(work));
        const { stored, inState, state } = await compare(documents, orgId, clock.now);
        expect(stored).toHaveLength(4);
        expect(inState).toEqual(stored);
        expect(state?.suspended).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ["newer", { v: 2 }],
    ["spoiled", { keys: [{ key_id: "k" }] }],
    ["without its keys", { keys: undefined }],
  ])(
    "that is %s is 503 for a change of its keys, and of no other org's; the org can be suspended",
    async (_, damage) => {
      const { cosmos } = await startCosmosAccount();
      const { identity } = cosmos.containers;
      const documents = createCosmosIdentityDocuments(identity);
      const [damaged, whole] = [await openOrg(documents), await openOrg(documents)];
      for (const org of [damaged, whole]) await org.makeState();
      const item = identity.item("state", damaged.orgId);
      const state = (await item.read()).resource;
      const { resource: spoiled } = await item.replace({ ...state, ...damage });
      const refused = { code: "store_unavailable", status: 503 };
      await expect(damaged.create()).rejects.toMatchObject(refused);
      await expect(damaged.revoke(damaged.made[0] ?? "")).rejects.toMatchObject(refused);
      await expect(damaged.rotate(damaged.made[0] ?? "", 0)).rejects.toMatchObject(refused);
      await damaged.suspend(true);
      expect((await item.read()).resource).toEqual(spoiled);
      await whole.create();
    },
  );

  it("that is gone is not taken for one that was not made yet", async () => {
    const { cosmos } = await startCosmosAccount();
    const documents = createCosmosIdentityDocuments(cosmos.containers.identity);
    const org = await openOrg(documents);
    await org.makeState();
    await cosmos.containers.identity.item("state", org.orgId).delete();
    await expect(org.create()).rejects.toMatchObject({ code: "store_unavailable" });
    await org.suspend(true);
  });
});

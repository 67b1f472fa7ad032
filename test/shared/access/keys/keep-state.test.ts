import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCosmosIdentityDocuments } from "../../../../shared/access/documents/cosmos-identity-documents.ts";
import type { IdentityDocuments, OrgDocument } from "../../../../shared/access/documents/identity-documents.ts";
import { makeState } from "../../../../shared/access/documents/keep-state.ts";
import {
  createKey,
  type KeysDeps,
  makeKeyDocument,
  revokeKey,
  rotateKey,
} from "../../../../shared/access/keys/keys.ts";
import { AppError } from "../../../../shared/errors.ts";
import type { Principal } from "../../../../shared/identity/principal.ts";
import { roleScopes } from "../../../../shared/identity/roles.ts";
import { suspendOrg } from "../../../../shared/operator/manage-orgs.ts";
import { MOST_IN_STATE } from "../../../../shared/org/org-state.ts";
import { newOrg } from "../../../contracts/new-org.ts";
import { startCosmosAccount } from "../../../support/cosmos-account.ts";
import { createEarlierKeys } from "../../../support/earlier-keys.ts";
import { createMemoryIdentityDocuments } from "../../../support/memory-identity.ts";

const NOW = Date.UTC(2026, 10, 29);
const actor = { subject: "member:m", clientAddress: "192.0.2.1", requestId: "r" };
const wanted = { name: "k", scopes: ["events:read"] } as const;
const revocations = { setSuspended: async () => undefined };
const identity = { listOrgs: async () => [] };

/** An org with three keys, as releases up to 0.6.0 made it, and what is done to them. */
async function openOrg(documents: IdentityDocuments, clock = { now: NOW }) {
  const orgId = newOrg();
  const keys = Array.from({ length: 3 }, () => makeKeyDocument(orgId, actor, clock.now, wanted).document);
  const org: OrgDocument = { id: "org", org_id: orgId, kind: "org", name: orgId, created_at: "" };
  await documents.commit(
    orgId,
    [org, ...keys].map((create) => ({ create })),
  );
  const made = keys.map(({ key_id }) => key_id);
  const principal: Principal = { orgId, subject: "member:m", scopes: roleScopes.admin, tokenId: "t" };
  const on = (own: IdentityDocuments) => {
    const deps: KeysDeps = { documents: own, revoke: async () => undefined, now: () => clock.now };
    return {
      create: async () => (await createKey(deps, actor, principal, wanted)).api_key.key_id,
      rotate: (keyId: string, overlap: number) => rotateKey(deps, actor, principal, keyId, overlap),
      revoke: (keyId: string) => revokeKey(deps, actor, orgId, keyId),
      suspend: (suspended: boolean) => suspendOrg({ ...deps, identity, revocations }, actor, orgId, suspended),
      makeState: () => makeState(own, orgId, clock.now),
      earlier: createEarlierKeys(own, orgId, () => clock.now),
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

  it.each<[string, (org: Awaited<ReturnType<typeof openOrg>>) => Promise<unknown>]>([
    ["its first request", ({ makeState }) => makeState()],
    ["a new key", ({ create }) => create()],
    ["a rotation", ({ made, rotate }) => rotate(made[1] ?? "", 60)],
    ["a revocation", ({ made, revoke }) => revoke(made[1] ?? "")],
  ])("that was not made yet is made by %s, with what was before", async (_, first) => {
    const documents = createMemoryIdentityDocuments();
    const org = await openOrg(documents);
    await org.earlier.create();
    await org.earlier.revoke(org.made[0] ?? "");
    await org.suspend(true);
    expect((await compare(documents, org.orgId, NOW)).state).toBeUndefined();
    await first(org);
    const { stored, inState, state } = await compare(documents, org.orgId, NOW);
    expect([inState, state?.suspended]).toEqual([stored, true]);
    expect((await documents.read("org", org.orgId, "org"))?.value).toMatchObject({ has_state: true });
  });

  it("has every key, and only those that work, whatever instances of this release and of 0.6.0 do at once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const documents = createMemoryIdentityDocuments();
        const { orgId, made, clock, on } = await openOrg(documents);
        const [first = "", second = "", third = ""] = made;
        // Each of these waits for its turn before each request to the store.
        const onTurns = () => {
          const turn = () => scheduler.schedule(Promise.resolve());
          return on({
            ...documents,
            read: (...args) => turn().then(() => documents.read(...args)),
            list: (...args) => turn().then(() => documents.list(...args)),
            commit: (...args) => turn().then(() => documents.commit(...args)),
          });
        };
        const work = [
          onTurns().makeState(),
          onTurns().makeState(),
          onTurns().create(),
          onTurns().earlier.create(),
          onTurns().revoke(first),
          onTurns().earlier.rotate(second, 0),
          onTurns().earlier.revoke(third),
          onTurns().suspend(true),
        ];
        await scheduler.waitFor(Promise.all(work));
        const { stored, inState, state } = await compare(documents, orgId, clock.now);
        expect(stored).toHaveLength(3);
        expect(inState).toEqual(stored);
        expect(state?.suspended).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("that lacks keys is made anew with each change, until it lacks none", async () => {
    const documents = createMemoryIdentityDocuments();
    const org = await openOrg(documents);
    const many = Array.from({ length: MOST_IN_STATE }, () => makeKeyDocument(org.orgId, actor, NOW, wanted).document);
    for (const create of many) await documents.commit(org.orgId, [{ create }]);
    const state = async () => (await compare(documents, org.orgId, NOW)).state;
    await org.makeState();
    expect(await state()).toMatchObject({ has_more: true, keys: { length: MOST_IN_STATE } });
    await expect(org.create()).rejects.toMatchObject({ code: "too_many_keys" });
    for (const { key_id } of many.slice(0, 3)) await org.revoke(key_id);
    expect(await state()).toMatchObject({ has_more: true });
    await org.revoke(many[3]?.key_id ?? "");
    const { stored, inState } = await compare(documents, org.orgId, NOW);
    expect(inState).toEqual(stored);
    expect(await state()).toMatchObject({ has_more: false });
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

  it("that cannot be read for a moment is not left behind by a suspension, which asks to be said again", async () => {
    const documents = createMemoryIdentityDocuments();
    const org = await openOrg(documents);
    await org.makeState();
    const away: IdentityDocuments["read"] = async (kind, ...rest) => {
      if (kind === "org_state") throw new AppError("store_unavailable", "Cosmos DB does not answer");
      return documents.read(kind, ...rest);
    };
    const refused = { code: "store_unavailable" };
    await expect(org.on({ ...documents, read: away }).suspend(true)).rejects.toMatchObject(refused);
    expect((await documents.read("org", org.orgId, "org"))?.value.suspended).toBeUndefined();
    await org.suspend(true);
    expect((await documents.read("org_state", org.orgId, "state"))?.value.suspended).toBe(true);
  });

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

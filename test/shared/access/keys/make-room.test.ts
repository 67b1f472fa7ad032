import { expect, it } from "vitest";
import { createKey, rotateKey } from "../../../../shared/access/keys/keys.ts";
import { MOST_LIVE_KEYS } from "../../../../shared/access/keys/make-room.ts";
import { roleScopes } from "../../../../shared/identity/roles.ts";
import { createMemoryIdentityDocuments } from "../../../support/memory-identity.ts";
import { createTestIdentity } from "../../../support/test-identity.ts";

const actor = { subject: "member:m", clientAddress: "192.0.2.1", requestId: "r" };
const wanted = { name: "k", scopes: ["events:read"] } as const;

async function openOrg(keys: number) {
  const clock = { now: Date.UTC(2026, 10, 29) };
  const documents = createMemoryIdentityDocuments();
  const identity = createTestIdentity(documents);
  const orgId = await identity.makeOrg();
  const made: string[] = [];
  for (let i = 0; i < keys; i++) made.push((await identity.makeApiKey(orgId)).keyId);
  const deps = { documents, revoke: async () => undefined, now: () => clock.now };
  const principal = { orgId, subject: "member:m", scopes: roleScopes.admin, tokenId: "t" };
  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "made",
      (error: unknown) => String((error as { code?: unknown }).code),
    );
  return {
    ...{ clock, documents, identity, orgId, made },
    create: () => codeOf(createKey(deps, actor, principal, wanted)),
    rotate: (keyId: string, overlap: number) => codeOf(rotateKey(deps, actor, principal, keyId, overlap)),
  };
}

it("of keys that are made at the same time, no more are made than the org has room for", async () => {
  const { documents, orgId, create } = await openOrg(MOST_LIVE_KEYS - 3);
  const codes = await Promise.all(Array.from({ length: 8 }, create));
  expect(codes.filter((code) => code === "made")).toHaveLength(3);
  expect(codes.filter((code) => code === "too_many_keys")).toHaveLength(5);
  expect(await documents.list("api_key", orgId)).toHaveLength(MOST_LIVE_KEYS);
});

it("a full org rotates a key at once, but not with an overlap; a key that has ended makes room", async () => {
  const { clock, documents, identity, orgId, made, create, rotate } = await openOrg(MOST_LIVE_KEYS);
  const [first = "", second = "", third = ""] = made;
  expect([await create(), await rotate(first, 60), await rotate(first, 0)]).toEqual([
    "too_many_keys",
    "too_many_keys",
    "made",
  ]);
  await identity.revokeApiKey(orgId, second);
  expect([await create(), await create()]).toEqual(["made", "too_many_keys"]);
  await identity.expireApiKey(orgId, third, new Date(clock.now + 1_000));
  expect(await create()).toBe("too_many_keys");
  clock.now += 1_000;
  expect([await create(), await create()]).toEqual(["made", "too_many_keys"]);
  expect((await documents.read("org_state", orgId, "state"))?.value.keys).toHaveLength(MOST_LIVE_KEYS);
  expect(await documents.list("api_key", orgId)).toHaveLength(MOST_LIVE_KEYS + 3);
});

it("an org that has more already keeps them all, and gets no other", async () => {
  const { documents, orgId, create } = await openOrg(MOST_LIVE_KEYS + 20);
  expect(await create()).toBe("too_many_keys");
  expect(await documents.list("api_key", orgId)).toHaveLength(MOST_LIVE_KEYS + 20);
});

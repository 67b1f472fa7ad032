import { type RequestRecord, watchRequests } from "@headrace/emulators/cosmos/gate.ts";
import { type CosmosEmulator, startCosmosEmulator } from "@headrace/emulators/cosmos/server.ts";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { provisionCosmos } from "../../../local/launcher/provision.ts";
import { createCosmosIdentityDocuments } from "../../../shared/access/documents/cosmos-identity-documents.ts";
import { makeApiKey } from "../../../shared/access/keys/api-key.ts";
import { createKey, listKeys, revokeKey, rotateKey } from "../../../shared/access/keys/keys.ts";
import { createVerifyApiKey } from "../../../shared/access/keys/verify-api-key.ts";
import { createCosmosRevocationStore } from "../../../shared/access/revocations/cosmos-revocation-store.ts";
import { createRevocationWatch } from "../../../shared/access/revocations/revocation-watch.ts";
import { createAuthenticate } from "../../../shared/access/tokens/authenticate.ts";
import { createVerifyAccessToken } from "../../../shared/access/tokens/verify-access-token.ts";
import { createVerifyOperator } from "../../../shared/access/tokens/verify-operator.ts";
import type { AppError } from "../../../shared/errors.ts";
import type { Authenticate } from "../../../shared/identity/principal.ts";
import { roleScopes } from "../../../shared/identity/roles.ts";
import { MOST_IN_STATE } from "../../../shared/org/org-state.ts";
import { type Cosmos, connectCosmos } from "../../../shared/store/cosmos.ts";
import { connectKeys } from "../../support/connect-keys.ts";
import { forgeApiKey } from "../../support/forge-api-key.ts";
import { createTestIdentity, type TestIdentity } from "../../support/test-identity.ts";

let requests: RequestRecord[] = [];
let emulator: CosmosEmulator;
let cosmos: Cosmos;
let identity: TestIdentity;
let authenticate: Authenticate;
const clock = { now: Date.now() };
const options = { issuer: "i", audience: "a", maxLifetimeSeconds: 3_600, remembered: 100 };

beforeAll(async () => {
  const gate = watchRequests((record) => requests.push(record));
  emulator = await startCosmosEmulator({ port: 0, dataDir: ":memory:", gate });
  await provisionCosmos(emulator, { getToken: async () => null });
  cosmos = connectCosmos({ endpoint: emulator.endpoint, key: emulator.key }, () => {
    throw new Error("it has a key");
  });
  identity = createTestIdentity(createCosmosIdentityDocuments(cosmos.containers.identity));
});
afterAll(async () => {
  cosmos.close();
  await emulator.close();
});
beforeEach(() => {
  authenticate = createAuthenticate({
    verifyApiKey: createVerifyApiKey(connectKeys(cosmos.containers.identity), {
      refreshMs: 30_000,
      // This counts requests, however long a busy machine takes for them.
      patienceMs: 60_000,
      now: () => clock.now,
    }),
    verifyAccessToken: createVerifyAccessToken(async () => undefined, options),
    verifyOperator: createVerifyOperator({ entra: undefined, keyHash: undefined }),
    revocations: createRevocationWatch(createCosmosRevocationStore(cosmos.containers.control), { pollMs: 10_000 }),
  });
});

/** Another last character, which no checksum lets pass. */
const mistype = (key: string): string => key.slice(0, -1) + (key.endsWith("a") ? "b" : "a");
const toIdentity = (): RequestRecord[] => requests.filter(({ container }) => container === "identity");
const refusalOf = (credential: string): Promise<{ readonly code: string }> =>
  authenticate(`Bearer ${credential}`, "events:read").then(
    () => ({ code: "taken" }),
    ({ code, message, retryAfter }: AppError) => ({ code, message, retryAfter }),
  );
const codeOf = async (credential: string): Promise<string> => (await refusalOf(credential)).code;

it("5,000 unknown keys for a victim's org cost the store a handful of requests, and the victim's own key no more", async () => {
  const victim = await identity.makeApiKey("victim");
  expect(await codeOf(victim.key)).toBe("taken");
  requests = [];
  const flood = Array.from({ length: 5_000 }, () => makeApiKey("victim").key);
  const codes = await Promise.all(flood.map(codeOf));
  expect(new Set(codes)).toEqual(new Set(["credential_unknown"]));
  // Three at once, because a key may have been made a moment ago; then one in 5 s.
  expect(toIdentity().length).toBeGreaterThan(0);
  expect(toIdentity().length).toBeLessThanOrEqual(6);
  requests = [];
  for (let i = 0; i < 1_000; i++) await codeOf(victim.key);
  expect(requests).toEqual([]);
});

it("5,000 unknown tokens and mistyped keys cost the store nothing", async () => {
  const header = Buffer.from(JSON.stringify({ alg: "ES256", typ: "at+jwt", kid: "unknown" })).toString("base64url");
  expect(await codeOf(`${header}.e30.first`)).toBe("credential_invalid");
  requests = [];
  for (let i = 0; i < 5_000; i++) {
    const credential = i % 2 === 0 ? `${header}.e30.${i}` : mistype(makeApiKey("victim").key);
    expect(await codeOf(credential)).toMatch(/^credential_(invalid|malformed)$/);
  }
  expect(requests).toEqual([]);
});

it("5,000 keys of as many made-up orgs cost the store as much as a hundred would, and turn no real org away", async () => {
  const makeOrg = async (name: string): Promise<string> =>
    (await identity.makeApiKey(await identity.makeOrg(name))).key;
  const flood = async (round: number): Promise<string[]> =>
    Promise.all(Array.from({ length: 2_500 }, (_, i) => codeOf(makeApiKey(`made-up-${round}-${i}`).key)));
  const [quiet, known] = [await makeOrg("quiet"), await makeOrg("known")];
  expect(await codeOf(known)).toBe("taken");
  requests = [];
  const codes = [...(await flood(1)), ...(await flood(2))];
  expect(new Set(codes)).toEqual(new Set(["identity_unavailable"]));
  // 99 orgs, whether they have a state or are there at all, and the list of all orgs.
  const reads = (id: string) => toIdentity().filter(({ item }) => item === id);
  expect([reads("state").length, reads("org").length]).toEqual([99, 99]);
  expect(toIdentity().filter(({ operation }) => operation === "query")).toHaveLength(1);
  // In the middle of it, an org's first request is taken, a known org's costs nothing, and that of a new org waits for
  // the next list.
  expect(await codeOf(quiet)).toBe("taken");
  requests = [];
  expect(await codeOf(known)).toBe("taken");
  expect(requests).toEqual([]);
  const young = await makeOrg("young");
  expect(await codeOf(young)).toBe("identity_unavailable");
  clock.now += 10_000;
  await flood(3);
  expect(await codeOf(young)).toBe("taken");
});

it("in a flood, an org that exists and one that does not get the same answer, and so they do in quiet times", async () => {
  const [known, listed] = [await identity.makeOrg("seen"), await identity.makeOrg("not-seen")];
  const good = [await identity.makeApiKey(known), await identity.makeApiKey(listed)];
  expect(await codeOf(good[0]?.key ?? "")).toBe("taken");
  const answersOf = (round: number) => {
    const made = [known, listed, `none-${round}`].map((orgId) => makeApiKey(orgId).key);
    return Promise.all([...made, forgeApiKey(good[0]?.key ?? "")].map(refusalOf));
  };
  const quiet = await answersOf(1);
  expect(quiet).toEqual(quiet.map(() => quiet[0]));
  expect(quiet[0]).toMatchObject({ code: "credential_unknown" });
  await Promise.all(Array.from({ length: 500 }, (_, i) => codeOf(makeApiKey(`flood-${i}`).key)));
  for (const round of [2, 3]) {
    const answers = await answersOf(round);
    expect(answers).toEqual(answers.map(() => answers[0]));
    expect(answers[0]).toMatchObject({ code: "identity_unavailable", retryAfter: 10 });
  }
  for (const { key } of good) expect(await codeOf(key)).toBe("taken");
});

it("an org with more keys than it may have pushes no other out of memory, and each of its keys works", async () => {
  const small = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => identity.makeApiKey(await identity.makeOrg(`small-${i}`))),
  );
  const large = await identity.makeOrg("large");
  const keys = Array.from({ length: MOST_IN_STATE + 70 }, () => makeApiKey(large));
  const documents = createCosmosIdentityDocuments(cosmos.containers.identity);
  for (let i = 0; i < keys.length; i += 95) {
    const some = keys.slice(i, i + 95).map(({ keyId, hash }) => ({ key_id: keyId, hash, id: `key:${keyId}` }));
    const common = { org_id: large, kind: "api_key", scopes: ["events:read"], created_at: "" } as const;
    expect(
      await documents.commit(
        large,
        some.map((own) => ({ create: { ...own, ...common } })),
      ),
    ).toBe(true);
  }
  const store = connectKeys(cosmos.containers.identity);
  const rules = { refreshMs: 30_000, patienceMs: 60_000, remembered: 600, share: 10, now: () => clock.now };
  const verify = createVerifyApiKey(store, rules);
  for (const { key } of small) await verify(key);
  for (const { key, keyId } of keys) expect(await verify(key)).toMatchObject({ key: { keyId } });
  requests = [];
  for (const { key } of small) await verify(key);
  expect(requests).toEqual([]);
  // The last ones that it used are remembered, beside those that its state has room for.
  for (const { key } of keys.slice(-10)) await verify(key);
  expect(requests).toEqual([]);
  await expect(verify(makeApiKey(large).key)).rejects.toMatchObject({ code: "credential_unknown" });
});

it("keys that ended are not read with those that work, and are still told from those that never were", async () => {
  const org = await identity.makeOrg("with-a-past");
  const documents = createCosmosIdentityDocuments(cosmos.containers.identity);
  const deps = { documents, revoke: async () => undefined, now: () => clock.now };
  const actor = { subject: "member:m", clientAddress: "192.0.2.1", requestId: "r" };
  const principal = { orgId: org, subject: "member:m", scopes: roleScopes.admin, tokenId: "t" };
  const make = () => createKey(deps, actor, principal, { name: "k", scopes: ["events:read"] });
  const ended = await make();
  for (let i = 0; i < 60; i++) {
    const { keyId } = await identity.makeApiKey(org);
    await identity.revokeApiKey(org, keyId);
  }
  await revokeKey(deps, actor, org, ended.api_key.key_id);
  const [alive] = [await make(), await make()];
  requests = [];
  expect(await codeOf(alive?.key ?? "")).toBe("taken");
  expect(toIdentity()).toMatchObject([{ operation: "read", item: "state", charge: 1 }]);
  expect(await codeOf(ended.key)).toBe("credential_revoked");
  expect((await listKeys(deps, org)).filter(({ revoked_at }) => revoked_at !== null)).toHaveLength(61);
  // Again: it changes nothing, and is no error.
  await revokeKey(deps, actor, org, ended.api_key.key_id);
  await expect(rotateKey(deps, actor, principal, ended.api_key.key_id, 0)).rejects.toMatchObject({
    code: "key_replaced",
  });
});

it("made-up orgs do not push known ones out of memory", async () => {
  const store = connectKeys(cosmos.containers.identity);
  const { key } = await identity.makeApiKey(await identity.makeOrg("kept"));
  const verify = createVerifyApiKey(store, { refreshMs: 30_000, remembered: 10, now: () => clock.now });
  await verify(key);
  for (let i = 0; i < 20; i++) await expect(verify(makeApiKey(`none-${i}`).key)).rejects.toThrow("does not know it");
  requests = [];
  await verify(key);
  expect(requests).toEqual([]);
});

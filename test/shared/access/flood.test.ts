import { type RequestRecord, watchRequests } from "@headrace/emulators/cosmos/gate.ts";
import { type CosmosEmulator, startCosmosEmulator } from "@headrace/emulators/cosmos/server.ts";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { provisionCosmos } from "../../../local/launcher/provision.ts";
import { createCosmosIdentityDocuments } from "../../../shared/access/documents/cosmos-identity-documents.ts";
import { makeApiKey } from "../../../shared/access/keys/api-key.ts";
import { createCosmosIdentityStore } from "../../../shared/access/keys/cosmos-identity-store.ts";
import { createVerifyApiKey } from "../../../shared/access/keys/verify-api-key.ts";
import { createCosmosRevocationStore } from "../../../shared/access/revocations/cosmos-revocation-store.ts";
import { createRevocationWatch } from "../../../shared/access/revocations/revocation-watch.ts";
import { createAuthenticate } from "../../../shared/access/tokens/authenticate.ts";
import { createVerifyAccessToken } from "../../../shared/access/tokens/verify-access-token.ts";
import { createVerifyOperator } from "../../../shared/access/tokens/verify-operator.ts";
import type { Authenticate } from "../../../shared/identity/principal.ts";
import { type Cosmos, connectCosmos } from "../../../shared/store/cosmos.ts";

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
    verifyApiKey: createVerifyApiKey(createCosmosIdentityStore(cosmos.containers.identity), {
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
const codeOf = (credential: string): Promise<string> =>
  authenticate(`Bearer ${credential}`, "events:read").then(
    () => "taken",
    (error: unknown) => (error as { code: string }).code,
  );

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
  expect(codes.filter((code) => code === "credential_unknown")).toHaveLength(99);
  expect(codes.filter((code) => code === "identity_unavailable")).toHaveLength(4_901);
  // 99 orgs, and the list of all orgs.
  expect(toIdentity().filter(({ operation }) => operation === "query")).toHaveLength(100);
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

it("made-up orgs do not push known ones out of memory", async () => {
  const store = createCosmosIdentityStore(cosmos.containers.identity);
  const { key } = await identity.makeApiKey(await identity.makeOrg("kept"));
  const verify = createVerifyApiKey(store, { refreshMs: 30_000, remembered: 10, now: () => clock.now });
  await verify(key);
  for (let i = 0; i < 20; i++) await expect(verify(makeApiKey(`none-${i}`).key)).rejects.toThrow("does not know it");
  requests = [];
  await verify(key);
  expect(requests).toEqual([]);
});

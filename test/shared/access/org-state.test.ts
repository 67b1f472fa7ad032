import { type RequestRecord, watchRequests } from "@headrace/emulators/cosmos/gate.ts";
import { EMULATOR_KEY } from "@headrace/emulators/cosmos/server.ts";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createCosmosIdentityDocuments } from "../../../shared/access/documents/cosmos-identity-documents.ts";
import type { OrgDocument } from "../../../shared/access/documents/identity-documents.ts";
import { createKey, makeKeyDocument, revokeKey, rotateKey } from "../../../shared/access/keys/keys.ts";
import { createVerifyApiKey } from "../../../shared/access/keys/verify-api-key.ts";
import { createCosmosRevocationStore } from "../../../shared/access/revocations/cosmos-revocation-store.ts";
import { createRevocationWatch } from "../../../shared/access/revocations/revocation-watch.ts";
import { createRevoke } from "../../../shared/access/revocations/revocations.ts";
import type { AppError } from "../../../shared/errors.ts";
import { roleScopes } from "../../../shared/identity/roles.ts";
import { suspendOrg } from "../../../shared/operator/manage-orgs.ts";
import { connectCosmos } from "../../../shared/store/cosmos.ts";
import { newOrg } from "../../contracts/new-org.ts";
import { connectKeys } from "../../support/connect-keys.ts";
import { type CosmosAccount, startCosmosAccount } from "../../support/cosmos-account.ts";
import { createEarlierKeys } from "../../support/earlier-keys.ts";

const actor = { subject: "member:m", clientAddress: "192.0.2.1", requestId: "r" };
const wanted = { name: "k", scopes: ["events:read"] } as const;
const SECOND = 1_000;
const FORBIDDEN = { status: 403, headers: {}, body: JSON.stringify({ code: "Forbidden", message: "no role" }) };

let account: CosmosAccount;
let requests: RequestRecord[];
const clock = { now: Date.now() };
const now = () => clock.now;
/** While true, nobody can read cut-offs and suspensions. */
let isControlAway: boolean;

beforeEach(async () => {
  [requests, isControlAway] = [[], false];
  const gate = watchRequests((record) => requests.push(record), {
    enter: async ({ route }) => (isControlAway && route.container === "control" ? FORBIDDEN : undefined),
  });
  account = await startCosmosAccount({ gate });
});

/** What an instance has: a client and a memory of its own. */
function startInstance() {
  const cosmos = connectCosmos({ endpoint: account.endpoint, key: EMULATOR_KEY }, () => {
    throw new Error("it has a key");
  });
  onTestFinished(() => cosmos.close());
  const { identity, control } = cosmos.containers;
  const documents = createCosmosIdentityDocuments(identity);
  const store = createCosmosRevocationStore(control, now);
  const revocations = createRevocationWatch(store, { pollMs: 10 * SECOND, now });
  const verify = createVerifyApiKey(connectKeys(identity, now), { refreshMs: 300 * SECOND, revocations, now });
  const revoke = createRevoke(store, { keepMs: 3_600 * SECOND });
  const taken = (key: string): Promise<string> =>
    verify(key).then(
      () => "taken",
      ({ code }: AppError) => code,
    );
  return { documents, revocations: store, revoke, now, taken };
}

/** An org with one key, as releases up to 0.6.0 made it, and what is done to it on an instance. */
async function openOrg() {
  const one = startInstance();
  const orgId = newOrg();
  const { key, document } = makeKeyDocument(orgId, actor, clock.now, wanted);
  const org: OrgDocument = { id: "org", org_id: orgId, kind: "org", name: orgId, created_at: "" };
  await one.documents.commit(orgId, [{ create: org }, { create: document }]);
  const principal = { orgId, subject: "member:m", scopes: roleScopes.admin, tokenId: "t" };
  const suspending = { ...one, identity: { listOrgs: async () => [] } };
  return {
    ...{ orgId, key, keyId: document.key_id, state: account.cosmos.containers.identity.item("state", orgId) },
    create: async () => (await createKey(one, actor, principal, wanted)).key,
    rotate: (seconds: number) => rotateKey(one, actor, principal, document.key_id, seconds),
    revoke: () => revokeKey(one, actor, orgId, document.key_id),
    suspend: (suspended: boolean) => suspendOrg(suspending, actor, orgId, suspended),
    /** As 0.6.0 changes keys, and tells of it. */
    earlier: createEarlierKeys(one.documents, orgId, now),
    tell: () => one.revoke({ kind: "subject", orgId, subject: `key:${document.key_id}` }, clock.now),
  };
}

const toIdentity = (): string[] =>
  requests
    .splice(0)
    .filter(({ container }) => container === "identity")
    .map(({ operation, item, status }) => `${operation} ${item ?? ""} ${status}`);

describe("an instance", () => {
  it("makes the state of an org at its first request, and reads only that from then on", async () => {
    const { key } = await openOrg();
    const [one, two] = [startInstance(), startInstance()];
    requests = [];
    expect(await one.taken(key)).toBe("taken");
    expect(toIdentity()).toContain("batch  200");
    for (let i = 0; i < 50; i++) expect(await two.taken(key)).toBe("taken");
    expect(toIdentity()).toEqual(["read state 200"]);
    clock.now += 301 * SECOND;
    expect(await two.taken(key)).toBe("taken");
    // It has not changed: only its ETag is held against it.
    expect(toIdentity()).toEqual(["delete _nobody 404", "read state 304"]);
  });

  it.each(["this release", "0.6.0"])("knows a key at once that another instance of %s has just made", async (by) => {
    const org = await openOrg();
    const { taken } = startInstance();
    expect(await taken(org.key)).toBe("taken");
    const made = await (by === "0.6.0" ? org.earlier.create() : org.create());
    expect(await taken(made)).toBe("taken");
    expect([await taken(org.key), await taken(made)]).toEqual(["taken", "taken"]);
    // However many are made one after the other.
    for (let i = 0; i < 5; i++) expect(await taken(await org.create())).toBe("taken");
  });

  it.each(["this release", "0.6.0"])(
    "refuses a key within 30 s that an instance of %s has revoked or rotated",
    async (by) => {
      const [revoked, rotated] = [await openOrg(), await openOrg()];
      const { taken } = startInstance();
      for (const { key } of [revoked, rotated]) expect(await taken(key)).toBe("taken");
      if (by === "0.6.0") {
        await revoked.earlier.revoke(revoked.keyId);
        await rotated.earlier.rotate(rotated.keyId, 0);
        for (const org of [revoked, rotated]) await org.tell();
      } else {
        await revoked.revoke();
        await rotated.rotate(0);
      }
      clock.now += 29 * SECOND;
      for (const { key } of [revoked, rotated]) expect(await taken(key)).toBe("credential_revoked");
      const fresh = startInstance();
      for (const { key } of [revoked, rotated]) expect(await fresh.taken(key)).toBe("credential_revoked");
    },
  );

  it("refuses a key at the end that a rotation elsewhere has given it", async () => {
    const org = await openOrg();
    const { taken } = startInstance();
    expect(await taken(org.key)).toBe("taken");
    await org.rotate(40);
    clock.now += 39 * SECOND;
    expect(await taken(org.key)).toBe("taken");
    clock.now += SECOND;
    expect(await taken(org.key)).toBe("credential_revoked");
  });
});

describe("the state of an org that is", () => {
  it.each<[string, { readonly v?: number; readonly keys?: unknown } | undefined]>([
    ["newer", { v: 2 }],
    ["spoiled", { keys: "none" }],
    ["gone", undefined],
  ])("%s is 503 for its requests until it is whole again, and nothing for other orgs", async (_, damage) => {
    const [org, other] = [await openOrg(), await openOrg()];
    const knowing = startInstance();
    for (const { key } of [org, other]) expect(await knowing.taken(key)).toBe("taken");
    const whole = (await org.state.read()).resource;
    if (damage) await org.state.replace({ ...whole, ...damage });
    else await org.state.delete();
    const fresh = startInstance();
    clock.now += 301 * SECOND;
    for (const { taken } of [knowing, fresh]) {
      for (const key of [org.key, org.key]) expect(await taken(key)).toBe("identity_unavailable");
      expect(await taken(other.key)).toBe("taken");
    }
    // However many come, it is asked for every 10 s.
    requests = [];
    for (let i = 0; i < 100; i++) await knowing.taken(org.key);
    expect(toIdentity()).toEqual([]);
    await account.cosmos.containers.identity.items.upsert({ ...whole });
    clock.now += 10 * SECOND;
    for (const { taken } of [knowing, fresh]) expect(await taken(org.key)).toBe("taken");
  });
});

describe("a suspended org", () => {
  it("is kept out by its state where `control` cannot be read, and by `control` alone where it can", async () => {
    const org = await openOrg();
    expect(await startInstance().taken(org.key)).toBe("taken");
    await org.suspend(true);
    const waiting = startInstance();
    expect(await waiting.taken(org.key)).toBe("taken");
    isControlAway = true;
    const fresh = startInstance();
    expect(await fresh.taken(org.key)).toBe("org_suspended");
    clock.now += 31 * SECOND;
    expect(await waiting.taken(org.key)).toBe("org_suspended");
    isControlAway = false;
    await org.suspend(false);
    isControlAway = true;
    clock.now += 31 * SECOND;
    for (const { taken } of [waiting, fresh]) expect(await taken(org.key)).toBe("taken");
  });
});

import type { ReplicaLag } from "@headrace/emulators/cosmos/replicas/keep-sessions.ts";
import { type CosmosEmulator, startCosmosEmulator } from "@headrace/emulators/cosmos/server.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { provisionCosmos } from "../../../local/launcher/provision.ts";
import { createCosmosIdentityDocuments } from "../../../shared/access/documents/cosmos-identity-documents.ts";
import { memberIdOf } from "../../../shared/access/documents/person.ts";
import { createRequireCurrent } from "../../../shared/access/documents/require-current.ts";
import { createCosmosIdentityStore } from "../../../shared/access/keys/cosmos-identity-store.ts";
import { createKey, rotateKey } from "../../../shared/access/keys/keys.ts";
import { createVerifyApiKey } from "../../../shared/access/keys/verify-api-key.ts";
import { parseInvitationToken } from "../../../shared/access/members/invitation-token.ts";
import { acceptInvitation, invite, readInvitation } from "../../../shared/access/members/invitations.ts";
import { changeRole, listMembers, removeMember } from "../../../shared/access/members/members.ts";
import { createCosmosRevocationStore } from "../../../shared/access/revocations/cosmos-revocation-store.ts";
import { createRevocationWatch } from "../../../shared/access/revocations/revocation-watch.ts";
import { createRevoke } from "../../../shared/access/revocations/revocations.ts";
import { makeSessionId } from "../../../shared/access/sessions/refresh-token.ts";
import { endSessionOf, refreshSession, signOut, startSession } from "../../../shared/access/sessions/sessions.ts";
import type { Principal } from "../../../shared/identity/principal.ts";
import { roleScopes } from "../../../shared/identity/roles.ts";
import { openOrg } from "../../../shared/operator/manage-orgs.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { type Cosmos, connectCosmos } from "../../../shared/store/cosmos.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { newOrg } from "../../contracts/new-org.ts";
import { connectKeys } from "../../support/connect-keys.ts";

const DAY = 24 * 3_600_000;
const actor = { subject: "operator:o", clientAddress: "192.0.2.1", requestId: "r" };
const keys = createKeyRing([Buffer.alloc(32, 1)]);
const keyRings = { current: async () => keys, knowing: async () => keys };

let emulator: CosmosEmulator;
const open: Cosmos[] = [];
/** A read that is not of a session with later answers finds what was there when the test began to lag. */
const lag: { -readonly [K in keyof ReplicaLag]: ReplicaLag[K] } = {
  isLagging: () => false,
  isAlone: () => false,
  ms: Number.POSITIVE_INFINITY,
};

beforeAll(async () => {
  emulator = await startCosmosEmulator({ port: 0, dataDir: ":memory:", lag });
  await provisionCosmos(emulator, { getToken: async () => null });
});
afterAll(async () => {
  for (const cosmos of open) cosmos.close();
  await emulator.close();
});

/** What an instance of the product has, with a client of its own: its sessions are not the other's. */
function startInstance() {
  const cosmos = connectCosmos({ endpoint: emulator.endpoint, key: emulator.key }, () => {
    throw new Error("it has a key");
  });
  open.push(cosmos);
  const { identity, control } = cosmos.containers;
  const documents = createCosmosIdentityDocuments(identity);
  const revocations = createCosmosRevocationStore(control);
  const deps = { documents, keyRings, now: Date.now, revoke: createRevoke(revocations, { keepMs: DAY }) };
  const store = createCosmosIdentityStore(identity);
  const watch = createRevocationWatch(revocations, { pollMs: 0 });
  return {
    ...deps,
    store,
    watch,
    requireCurrent: createRequireCurrent(documents, deps),
    verifyApiKey: createVerifyApiKey(connectKeys(identity), { refreshMs: DAY, revocations: watch }),
  };
}
type Instance = ReturnType<typeof startInstance>;

let one: Instance;
let two: Instance;
let orgId: string;
let memberId: string;
let token: string;
let principal: Principal;

const rolesSeenBy = async (instance: Instance): Promise<string[]> =>
  (await listMembers(instance, orgId)).map(({ role }) => role).sort();
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => String((error as { code?: unknown }).code),
  );

/** An org with two admins. The second has a session. From then on the replica stays as it is. */
beforeEach(async () => {
  Object.assign(lag, { isLagging: () => false, ms: Number.POSITIVE_INFINITY });
  [one, two] = [startInstance(), startInstance()];
  const made = await openOrg(
    { ...one, identity: one.store, revocations: { setSuspended: async () => undefined } },
    actor,
    {
      name: newOrg(),
    },
  );
  orgId = made.org_id;
  await join(made.invitation.token, "first");
  const admin = { ...actor, subject: `member:${memberIdOf(person("first"))}` };
  const { token: invitation } = await invite(one, admin, orgId, { role: "admin", note: "", lifetimeSeconds: 3_600 });
  await join(invitation, "second");
  memberId = memberIdOf(person("second"));
  const member = await one.documents.read("member", orgId, `member:${memberId}`);
  if (!member) throw new Error("they have joined");
  const sessionId = makeSessionId();
  token = await startSession(one, actor, member.value, { sessionId, provider: "local", clientAgent: "test" });
  principal = { orgId, subject: member.value.id, scopes: roleScopes.admin, tokenId: "t", sessionId, role: "admin" };
  await freeze();
});

const person = (subject: string) => ({ issuer: "https://issuer.example", subject, label: subject });

async function join(invitation: string, subject: string): Promise<void> {
  const parsed = parseInvitationToken(invitation);
  if (!parsed) throw new Error("it is whole");
  await acceptInvitation(one, actor, parsed, person(subject));
}

async function freeze(): Promise<void> {
  Object.assign(lag, { isLagging: () => true, ms: 0 });
  const other = startInstance();
  await Promise.all([other.documents.list("member", orgId), other.watch.isCurrent()]);
  lag.ms = Number.POSITIVE_INFINITY;
}

describe("what one instance has changed, and a replica does not know yet, another instance knows when it decides", () => {
  it("who was removed may do nothing any more that outlives their token", async () => {
    await two.requireCurrent(principal, "members:manage");
    await removeMember(one, actor, orgId, memberId);
    expect(await rolesSeenBy(startInstance())).toEqual(["admin", "admin"]);
    expect(await codeOf(two.requireCurrent(principal, "members:manage"))).toBe("credential_invalid");
  });

  it("a role that was changed is changed back, and not taken for what it was", async () => {
    await changeRole(one, actor, orgId, memberId, "viewer");
    expect(await rolesSeenBy(two)).toEqual(["admin", "admin"]);
    await changeRole(two, actor, orgId, memberId, "admin");
    expect(await rolesSeenBy(two)).toEqual(["admin", "admin"]);
    await one.documents.catchUp(orgId);
    expect(await rolesSeenBy(one)).toEqual(["admin", "admin"]);
  });

  it("a refresh gives the new role, dated before it was read, and a removed member none", async () => {
    await changeRole(one, actor, orgId, memberId, "viewer");
    const before = Date.now();
    const refreshed = await refreshSession(two, actor, token, silent);
    expect(refreshed.member.role).toBe("viewer");
    expect(refreshed.asOf).toBeGreaterThanOrEqual(before);
    // Every read came after it: a change that they miss has a later cut-off.
    await freeze();
    await removeMember(one, actor, orgId, memberId);
    expect(await codeOf(refreshSession(startInstance(), actor, refreshed.token, silent))).toBe("refresh_refused");
  });

  it("a session that was ended is not refreshed; one that was just started is, and ends where it is told to", async () => {
    const member = await one.documents.read("member", orgId, `member:${memberId}`);
    if (!member) throw new Error("they are there");
    const begin = async () => {
      const sessionId = makeSessionId();
      const started = { sessionId, provider: "local", clientAgent: "test" };
      return { sessionId, token: await startSession(one, actor, member.value, started) };
    };
    const fresh = await begin();
    expect((await refreshSession(startInstance(), actor, fresh.token, silent)).sessionId).toBe(fresh.sessionId);
    const other = await begin();
    await endSessionOf(startInstance(), actor, principal, other.sessionId);
    expect(await codeOf(refreshSession(startInstance(), actor, other.token, silent))).toBe("refresh_refused");
    const last = await begin();
    await signOut(startInstance(), actor, last.token);
    expect(await codeOf(refreshSession(one, actor, last.token, silent))).toBe("refresh_refused");
  });

  it("a refresh token whose successor was used is not good for the same successor again", async () => {
    const { token: next } = await refreshSession(one, actor, token, silent);
    await freeze();
    await refreshSession(one, actor, next, silent);
    expect(await codeOf(refreshSession(startInstance(), actor, token, silent))).toBe("refresh_refused");
    // It was a theft, for all that anyone knows: the session has ended.
    expect(await codeOf(refreshSession(startInstance(), actor, next, silent))).toBe("refresh_refused");
  });

  it("an invitation that was just made is good; one of an admin who was just removed is not", async () => {
    const asked = { role: "viewer", note: "", lifetimeSeconds: 3_600 } as const;
    const byThem = { ...actor, subject: principal.subject };
    const [kept, used] = [await invite(one, byThem, orgId, asked), await invite(one, byThem, orgId, asked)];
    const of = (invitation: string) => parseInvitationToken(invitation);
    expect(await readInvitation(startInstance(), of(used.token))).toMatchObject({ role: "viewer" });
    await removeMember(one, actor, orgId, memberId);
    const parsed = of(kept.token);
    if (!parsed) throw new Error("it is whole");
    expect(await codeOf(acceptInvitation(startInstance(), actor, parsed, person("second")))).toMatch(/^invitation_/);
  });

  it("a key that was just made is good, and can be rotated", async () => {
    const wanted = { name: "k", scopes: ["events:read"] } as const;
    const { key, api_key } = await createKey(one, actor, principal, wanted);
    expect(await codeOf(two.verifyApiKey(key))).toBe("done");
    await rotateKey(startInstance(), actor, principal, api_key.key_id, 0);
  });
});

describe("a cut-off", () => {
  it("of a key ends tokens that another instance issued afterwards, by what a replica still had", async () => {
    const { api_key } = await createKey(one, actor, principal, { name: "k", scopes: ["events:read"] });
    await rotateKey(one, actor, principal, api_key.key_id, 0);
    Object.assign(lag, { isLagging: () => false });
    const issuedAt = Date.now() + 5_000;
    await two.watch.isCurrent();
    const subject = `key:${api_key.key_id}`;
    const of = (more: Partial<Principal>) => ({ principal: { ...principal, ...more }, keyId: "k", issuedAt });
    expect(two.watch.findCutOff(of({ subject }))).toContain(subject);
    expect(two.watch.isKeyEnded(orgId, api_key.key_id)).toBe(true);
    expect([two.watch.findCutOff(of({ subject: "key:other" })), two.watch.isKeyEnded(orgId, "other")]).toEqual([
      undefined,
      false,
    ]);
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { makeApiKey, parseApiKey } from "../../../../shared/access/keys/api-key.ts";
import {
  createRevoke,
  MOST_CUT_OFFS,
  MOST_WITH_KEYS,
  type RevocationTarget,
} from "../../../../shared/access/revocations/revocations.ts";
import type { Grant } from "../../../../shared/access/tokens/access-token.ts";
import { type AccessWorld, createAccessWorld, type Instance, LIFETIME_SECONDS } from "../../../support/access-world.ts";
import { forgeApiKey } from "../../../support/forge-api-key.ts";
import { never } from "../../../support/memory-service.ts";

let world: AccessWorld;
let instance: Instance;

beforeEach(() => {
  world = createAccessWorld();
  instance = world.startInstance();
});

const member = (changes: Partial<Grant> = {}): Grant => ({
  orgId: "acme",
  subject: "member:m1",
  role: "member",
  scopes: ["events:read", "events:write"],
  sessionId: "s1",
  asOf: world.clock.now,
  ...changes,
});

const issue = async (changes?: Partial<Grant>): Promise<{ token: string; tokenId: string }> => {
  const { accessToken, tokenId } = await instance.issue(member(changes));
  return { token: `Bearer ${accessToken}`, tokenId };
};

const statusOf = async (token: string): Promise<number> => (await instance.call(token)).status;
const pass = (ms: number): void => {
  world.clock.now += ms;
};

describe("a cut-off", () => {
  it.each<[string, (tokenId: string) => RevocationTarget]>([
    ["of the token", (tokenId) => ({ kind: "token", orgId: "acme", tokenId })],
    ["of its session", () => ({ kind: "session", orgId: "acme", sessionId: "s1" })],
    ["of its member", () => ({ kind: "subject", orgId: "acme", subject: "member:m1" })],
  ])("%s ends it within 30 s, and nothing else", async (_name, targetOf) => {
    const { token, tokenId } = await issue();
    const others = await Promise.all([
      issue({ orgId: "other" }),
      issue({ subject: "member:m2", sessionId: "s2" }),
      issue({ subject: "key:m1", sessionId: "m1" }),
    ]);
    expect(await statusOf(token)).toBe(200);
    pass(1_000);
    await world.revoke(targetOf(tokenId), world.clock.now);
    pass(29_000);
    const refused = await instance.call(token);
    expect([refused.status, refused.body.code]).toEqual([401, "credential_invalid"]);
    expect(refused.log[0]?.text).toContain("it was revoked");
    for (const other of others) expect(await statusOf(other.token)).toBe(200);
    // Tokens issued after it, with the new role or another session, are good.
    const { token: next } = await issue({ sessionId: "s3" });
    expect(await statusOf(next)).toBe(200);
  });

  it("of a session or a key ends its tokens whatever time stands in them: neither comes back", async () => {
    const [later, key] = [{ asOf: world.clock.now + 50_000 }, { subject: "key:k1", sessionId: "k1" }];
    const tokens = [(await issue(later)).token, (await issue({ ...later, ...key })).token];
    for (const token of tokens) expect(await statusOf(token)).toBe(200);
    await world.revoke({ kind: "session", orgId: "acme", sessionId: "s1" }, world.clock.now);
    await world.revoke({ kind: "subject", orgId: "acme", subject: "key:k1" }, world.clock.now);
    pass(29_000);
    for (const token of tokens) expect(await statusOf(token)).toBe(401);
  });

  it("of an API key ends it although the instance still knows the key as good", async () => {
    const { key, keyId } = await world.makeKey("acme");
    expect(await statusOf(`Bearer ${key}`)).toBe(200);
    await world.revoke({ kind: "subject", orgId: "acme", subject: `key:${keyId}` }, world.clock.now);
    pass(11_000);
    const refused = await instance.call(`Bearer ${key}`);
    expect([refused.status, refused.body.code]).toEqual([401, "credential_revoked"]);
  });

  it("of an org's keys makes instances ask for them again: one that was rotated ends when it must", async () => {
    const [{ key, keyId }, { key: other }] = [await world.makeKey("acme"), await world.makeKey("other")];
    for (const known of [key, other]) expect(await statusOf(`Bearer ${known}`)).toBe(200);
    await world.expireKey("acme", keyId, 30_000);
    await world.revoke({ kind: "keys", orgId: "acme" }, world.clock.now);
    const asked = world.store.asked;
    pass(11_000);
    for (const known of [key, other, key]) expect(await statusOf(`Bearer ${known}`)).toBe(200);
    pass(20_000);
    const refused = await instance.call(`Bearer ${key}`);
    expect([refused.status, refused.body.code]).toEqual([401, "credential_revoked"]);
    expect(await statusOf(`Bearer ${other}`)).toBe(200);
    expect(world.store.asked).toBe(asked + 1);
  });

  it("between reading what is granted and signing ends the token too", async () => {
    const asOf = world.clock.now;
    pass(5);
    await world.revoke({ kind: "subject", orgId: "acme", subject: "member:m1" }, world.clock.now);
    pass(5);
    expect(await statusOf((await issue({ asOf })).token)).toBe(401);
    expect(await statusOf((await issue()).token)).toBe(200);
  });

  it("of a leaked key ends every token that it signed, whatever time stands in it", async () => {
    const { token } = await issue({ asOf: world.clock.now + 50_000 });
    expect(await statusOf(token)).toBe(200);
    const { keyId } = await instance.signingKeys.findSigner();
    await world.revoke({ kind: "signing-key", keyId }, world.clock.now);
    pass(29_000);
    expect(await statusOf(token)).toBe(401);
  });

  it("is forgotten when every token that it ends has expired, and not before", async () => {
    const { token } = await issue();
    pass(1);
    await world.revoke({ kind: "subject", orgId: "acme", subject: "member:m1" }, world.clock.now);
    for (const _ of Array.from({ length: 60 })) {
      pass(61_000);
      expect(await statusOf(token)).toBe(401);
    }
    expect(world.clock.now).toBeGreaterThan(LIFETIME_SECONDS * 1000);
  });
});

describe("more cut-offs of an org than are kept one by one", () => {
  const revokeTokens = async (count: number): Promise<string[]> => {
    const doomed = await Promise.all(Array.from({ length: count }, () => issue()));
    for (const { tokenId } of doomed)
      await world.revoke({ kind: "token", orgId: "acme", tokenId }, world.clock.now + 1);
    return doomed.map(({ token }) => token);
  };
  const keptCutOffs = async (): Promise<number> => (await world.control.readChanges(undefined)).changes.length;

  it("end every token of the org by one, and no other org's, and the members get new ones", async () => {
    const [spared, other] = [await issue(), await issue({ orgId: "other" })];
    const { key } = await world.makeKey("acme");
    const doomed = await revokeTokens(MOST_CUT_OFFS + 50);
    expect(await keptCutOffs()).toBe(MOST_CUT_OFFS + 1);
    pass(11_000);
    for (const token of [...doomed, spared.token]) expect(await statusOf(token)).toBe(401);
    expect(await statusOf(other.token)).toBe(200);
    expect(await statusOf(`Bearer ${key}`)).toBe(200);
    expect(await statusOf((await issue()).token)).toBe(200);
    // Also what is revoked after that.
    const late = await issue();
    await world.revoke({ kind: "session", orgId: "acme", sessionId: "s1" }, world.clock.now + 1);
    expect(await keptCutOffs()).toBe(MOST_CUT_OFFS + 1);
    pass(11_000);
    expect(await statusOf(late.token)).toBe(401);
  });

  it("count for every instance, once it has read them", async () => {
    await revokeTokens(MOST_CUT_OFFS);
    expect(await statusOf((await issue()).token)).toBe(200);
    const another = createRevoke(world.control, { keepMs: 3_600_000, countHeld: instance.revocations.countCutOffs });
    await another({ kind: "subject", orgId: "acme", subject: "member:m1" }, world.clock.now);
    expect((await world.control.readChanges(undefined)).changes.at(-1)).toMatchObject({ key: "org acme" });
    await another({ kind: "subject", orgId: "other", subject: "member:m1" }, world.clock.now);
    expect((await world.control.readChanges(undefined)).changes.at(-1)).toMatchObject({
      key: "subject other member:m1",
    });
  });

  it("end a revoked API key by its own up to ten times as many, and by what the store says beyond that", async () => {
    const { key, keyId } = await world.makeKey("acme");
    expect(await statusOf(`Bearer ${key}`)).toBe(200);
    for (let i = 0; i < MOST_WITH_KEYS; i++)
      await world.revoke({ kind: "subject", orgId: "acme", subject: `key:k${i}` }, world.clock.now);
    await world.revokeKey("acme", keyId);
    await world.revoke({ kind: "subject", orgId: "acme", subject: `key:${keyId}` }, world.clock.now);
    expect(await keptCutOffs()).toBe(MOST_WITH_KEYS + 1);
    pass(11_000);
    expect((await instance.call(`Bearer ${key}`)).body.code).toBe("credential_revoked");
  });
});

describe("an instance that cannot read revocations", () => {
  it("goes on for 25 s, then takes tokens for sending only, and answers 503, not 401, to the rest", async () => {
    const { token } = await issue();
    expect(await statusOf(token)).toBe(200);
    world.control.away = true;
    pass(20_000);
    expect(await statusOf(token)).toBe(200);
    pass(6_000);
    const refused = await instance.call(token);
    expect([refused.status, refused.body.code]).toEqual([503, "identity_unavailable"]);
    expect((await instance.call(token, "ingest-events")).status).toBe(200);
    world.control.away = false;
    pass(3_000);
    expect(await statusOf(token)).toBe(200);
  });

  it("does so from its start, and honours the cut-offs that it knew", async () => {
    const { token } = await issue();
    world.control.away = true;
    expect((await instance.call(token)).status).toBe(503);
    expect((await instance.call(token, "ingest-events")).status).toBe(200);
    world.control.away = false;
    await world.revoke({ kind: "subject", orgId: "acme", subject: "member:m1" }, world.clock.now + 1);
    pass(3_000);
    expect(await statusOf(token)).toBe(401);
    world.control.away = true;
    pass(600_000);
    expect((await instance.call(token, "ingest-events")).status).toBe(401);
  });

  it("makes one request wait for a store that hangs, and no other", async () => {
    const { token } = await issue();
    expect(await statusOf(token)).toBe(200);
    world.control.hanging = never;
    pass(60_000);
    await instance.call(token, "ingest-events");
    const started = performance.now();
    for (let i = 0; i < 200; i++) expect((await instance.call(token, "ingest-events")).status).toBe(200);
    // Each would wait for 50 ms in this world.
    expect(performance.now() - started).toBeLessThan(9_000);
  });

  it("asks the store only as often as it must", async () => {
    const { token } = await issue();
    for (let i = 0; i < 500; i++) await instance.call(token);
    expect(world.control.reads).toBe(1);
    world.control.away = true;
    pass(60_000);
    for (let i = 0; i < 500; i++) await instance.call(token, "ingest-events");
    expect(world.control.reads).toBe(2);
  });
});

describe("a suspended org", () => {
  it("has its keys and tokens refused by 403 within 30 s, others not, until it is resumed", async () => {
    const { key } = await world.makeKey("acme");
    const { key: other } = await world.makeKey("other");
    const { token } = await issue();
    expect(await statusOf(`Bearer ${key}`)).toBe(200);
    await world.control.setSuspended("acme", true);
    pass(29_000);
    for (const credential of [token, `Bearer ${key}`]) {
      const { status, body } = await instance.call(credential);
      expect([status, body.code]).toEqual([403, "org_suspended"]);
    }
    expect(await statusOf(`Bearer ${other}`)).toBe(200);
    await world.control.setSuspended("acme", false);
    pass(29_000);
    expect(await statusOf(`Bearer ${key}`)).toBe(200);
  });
});

describe("a flood", () => {
  it("of made-up keys for an org costs the store a handful of questions, and its own keys stay known", async () => {
    const { key } = await world.makeKey("victim");
    expect(await statusOf(`Bearer ${key}`)).toBe(200);
    for (let i = 0; i < 2_000; i++) {
      const { status } = await instance.call(`Bearer ${makeApiKey("victim").key}`);
      if (status !== 401) expect(status).toBe(401);
      if (i % 500 === 0) expect(await statusOf(`Bearer ${key}`)).toBe(200);
    }
    expect(world.store.asked).toBeLessThanOrEqual(4);
    // An instance that starts in the middle of it still learns the victim's keys by its first question.
    const fresh = world.startInstance();
    await fresh.call(`Bearer ${makeApiKey("victim").key}`);
    expect((await fresh.call(`Bearer ${key}`)).status).toBe(200);
  });

  it("of mistyped keys and of tokens with made-up kids costs the stores nothing", async () => {
    const { key } = await world.makeKey("victim");
    await statusOf(`Bearer ${key}`);
    const { token } = await issue({ orgId: "victim" });
    await statusOf(token);
    const before = [world.store.asked, world.vault.calls.length, world.control.reads];
    for (let i = 0; i < 300; i++) {
      expect(await statusOf(`Bearer ${key.slice(0, -1)}${key.endsWith("0") ? "1" : "0"}`)).toBe(401);
      const header = Buffer.from(JSON.stringify({ alg: "ES256", typ: "at+jwt", kid: `k${i}` })).toString("base64url");
      expect(await statusOf(`Bearer ${header}.e30.AAAA`)).toBe(401);
    }
    const after = [world.store.asked, world.vault.calls.length, world.control.reads];
    // The first unknown kid may ask Key Vault, the others may not.
    expect([after[0], after[1], after[2]]).toEqual([before[0], (before[1] ?? 0) + 1, before[2]]);
    expect(await statusOf(token)).toBe(200);
  });
});

describe("an API key", () => {
  it("that is used right after it is made is known at once, also in an org whose keys were just asked for", async () => {
    const first = await world.makeKey("acme");
    expect(await statusOf(`Bearer ${first.key}`)).toBe(200);
    const second = await world.makeKey("acme");
    expect(await statusOf(`Bearer ${second.key}`)).toBe(200);
  });

  it("is refused with another secret, also while the true one is in use, and the true one is not", async () => {
    const { key, keyId } = await world.makeKey("acme");
    const forged = forgeApiKey(key);
    expect(parseApiKey(forged)).toMatchObject({ orgId: "acme", keyId });
    for (const credential of [forged, key, forged, key]) {
      const { status, body } = await instance.call(`Bearer ${credential}`);
      expect([status, body.code]).toEqual(credential === key ? [200, undefined] : [401, "credential_unknown"]);
    }
  });

  it("is asked for again after 5 minutes, and, while revocations cannot be read, after 30 s", async () => {
    const { key, keyId } = await world.makeKey("acme");
    expect(await statusOf(`Bearer ${key}`)).toBe(200);
    pass(290_000);
    expect(await statusOf(`Bearer ${key}`)).toBe(200);
    expect(world.store.asked).toBe(1);
    pass(20_000);
    expect(await statusOf(`Bearer ${key}`)).toBe(200);
    expect(world.store.asked).toBe(2);
    await world.revokeKey("acme", keyId);
    world.control.away = true;
    pass(9_000);
    expect(await statusOf(`Bearer ${key}`)).toBe(200);
    pass(22_000);
    const refused = await instance.call(`Bearer ${key}`);
    expect([refused.status, refused.body.code]).toEqual([401, "credential_revoked"]);
  });

  it("verified before is good while the store is away, one never seen gets 503", async () => {
    const known = await world.makeKey("acme");
    const never = await world.makeKey("never");
    expect(await statusOf(`Bearer ${known.key}`)).toBe(200);
    world.store.away = true;
    pass(23 * 3_600_000);
    expect(await statusOf(`Bearer ${known.key}`)).toBe(200);
    expect((await instance.call(`Bearer ${never.key}`)).body.code).toBe("identity_unavailable");
    pass(2 * 3_600_000);
    expect((await instance.call(`Bearer ${known.key}`)).body.code).toBe("identity_unavailable");
  });
});

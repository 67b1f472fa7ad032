import { describe, expect, it } from "vitest";
import { createSigningKeys, SIGNING_KEY_SECRET } from "../../../shared/access/tokens/secret-signing-keys.ts";
import { ownSecrets } from "../../../shared/operator/own-secrets.ts";
import { mintReceipt, verifyReceipt } from "../../../shared/receipt/receipt-id.ts";
import { createReadSecret } from "../../../shared/secrets/create-read-secret.ts";
import { makeFirstVersion, rotateDueSecrets, rotateNow } from "../../../shared/secrets/keep-secrets.ts";
import { createKeyRings, RECEIPT_KEY_SECRET } from "../../../shared/secrets/key-rings.ts";
import { type OwnSecret, rotateSecret } from "../../../shared/secrets/rotate-secret.ts";
import { createSecretHolder, type SecretHolder } from "../../../shared/secrets/secret-holder.ts";
import { silent as log } from "../../../shared/telemetry/log.ts";
import { createMemoryLease } from "../../support/memory-lease.ts";
import { createMemorySecretVault } from "../../support/memory-secret-vault.ts";
import { until } from "../../support/until.ts";

const CACHE_MS = 60_000;
const DAY_MS = 86_400_000;
const TOKEN_SECONDS = 600;

function makeWorld() {
  const clock = { now: Date.parse("2026-11-22T10:00:00Z") };
  const now = (): number => clock.now;
  const vault = createMemorySecretVault(now);
  const deps = { vault, withLease: createMemoryLease(), cacheMs: CACHE_MS, now };
  const owned = ownSecrets({ signingKeyMs: 30 * DAY_MS, receiptKeyMs: 365 * DAY_MS, tokenSeconds: TOKEN_SECONDS });
  const startInstance = ({ waitMs = 20 } = {}) => {
    const secrets = createSecretHolder(vault, { cacheMs: CACHE_MS, now, waitMs });
    return { secrets, signing: createSigningKeys(secrets, now), rings: createKeyRings(secrets, now) };
  };
  const tick = (secrets: SecretHolder): Promise<boolean> =>
    rotateDueSecrets({ ...deps, secrets }, Object.values(owned), log);
  return { clock, vault, deps, owned, startInstance, tick };
}

const listsOf = (vault: { calls: readonly { method: string }[] }): number =>
  vault.calls.filter(({ method }) => method === "listVersions").length;

/** The next value is fetched in the background. */
const comes = (read: ReturnType<typeof createReadSecret>, value: string): Promise<true> =>
  until(async () => ((await read("provider")) === value ? true : undefined));

/** Lets work in the background end. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the holder of secrets", () => {
  it("asks once for many requests, and refreshes in the background before its copy is old", async () => {
    const { clock, vault, startInstance } = makeWorld();
    await vault.addVersion("provider", "one", { notBefore: clock.now });
    const { secrets } = startInstance();
    const read = createReadSecret(secrets);
    expect(await Promise.all(Array.from({ length: 50 }, () => read("provider")))).toEqual(Array(50).fill("one"));
    expect(vault.calls.map(({ method }) => method)).toEqual(["addVersion", "listVersions", "readValue"]);
    clock.now += CACHE_MS / 2;
    await vault.addVersion("provider", "two", { notBefore: clock.now - 1_000 });
    expect(await read("provider")).toBe("one");
    await comes(read, "two");
  });

  it("takes the newest version that is in effect, not the newest", async () => {
    const { clock, vault, startInstance } = makeWorld();
    await vault.addVersion("provider", "now", { notBefore: clock.now });
    await vault.addVersion("provider", "later", { notBefore: clock.now + 10_000 });
    const read = createReadSecret(startInstance().secrets);
    expect(await read("provider")).toBe("now");
    clock.now += CACHE_MS;
    await comes(read, "later");
  });

  it("serves the old version while Key Vault is away, for ever, without making requests wait", async () => {
    const { clock, vault, startInstance } = makeWorld();
    await vault.addVersion("provider", "one", { notBefore: clock.now });
    const read = createReadSecret(startInstance().secrets);
    await read("provider");
    vault.away = true;
    for (let hour = 0; hour < 100; hour++) {
      clock.now += 3_600_000;
      expect(await read("provider")).toBe("one");
    }
    vault.away = false;
    await vault.addVersion("provider", "two", { notBefore: clock.now });
    clock.now += 5_000;
    await comes(read, "two");
  });

  it("gives the previous value while the next one is listed and cannot be read", async () => {
    const { clock, vault, startInstance } = makeWorld();
    await vault.addVersion("provider", "one", { notBefore: clock.now });
    const { secrets } = startInstance();
    const read = createReadSecret(secrets);
    await read("provider");
    await vault.addVersion("provider", "two", { notBefore: clock.now + 1_000 });
    clock.now += CACHE_MS;
    await secrets.versions("provider");
    vault.away = true;
    expect(await read("provider")).toBe("one");
    await settle();
    vault.away = false;
    clock.now += 3_000;
    await comes(read, "two");
  });

  it("makes no caller wait who has a usable version while Key Vault hangs, for versions or for a value", async () => {
    const { clock, vault, deps, owned, startInstance, tick } = makeWorld();
    await vault.addVersion("provider", "one", { notBefore: clock.now });
    const { secrets, signing, rings } = startInstance({ waitMs: 60_000 });
    const read = createReadSecret(secrets);
    await tick(secrets);
    const use = async (): Promise<void> => {
      expect(await read("provider")).toBe("one");
      await Promise.all([signing.findSigner(), signing.publicKeySet(), rings.current(), rings.knowing(null)]);
    };
    await use();
    const { keyId } = await signing.findSigner();
    // Nobody can tell which of two versions of the same second is the newer one.
    clock.now += 1_000;
    await vault.addVersion("provider", "two", { notBefore: clock.now });
    await rotateNow({ ...deps, secrets }, owned[SIGNING_KEY_SECRET], { leaked: false, replaces: keyId }, log);
    const { promise, resolve } = Promise.withResolvers<void>();
    vault.hanging = promise;
    // Past half of the lifetime, past the whole of it, and on.
    for (const share of [0.6, 0.6, 3]) {
      clock.now += share * CACHE_MS;
      await use();
    }
    expect((await signing.findSigner()).keyId).toBe(keyId);
    vault.hanging = undefined;
    resolve();
    await until(async () => ((await signing.findSigner()).keyId === keyId ? undefined : true));
    // The value of a listed version.
    await comes(read, "two");
    await vault.addVersion("provider", "three", { notBefore: clock.now });
    const valueHangs = Promise.withResolvers<void>();
    await secrets.refresh("provider");
    vault.hanging = valueHangs.promise;
    expect(await read("provider")).toBe("two");
    vault.hanging = undefined;
    valueHangs.resolve();
    await comes(read, "three");
  });

  it("refreshes although nobody asks, so that an idle instance does not sign with a key that is gone", async () => {
    const { clock, vault } = makeWorld();
    await vault.addVersion("provider", "one", { notBefore: clock.now });
    const secrets = createSecretHolder(vault, { cacheMs: 100, now: () => clock.now });
    await secrets.versions("provider");
    await until(async () => (listsOf(vault) >= 3 ? true : undefined));
    vault.away = true;
    await until(async () => (listsOf(vault) >= 6 ? true : undefined));
    vault.away = false;
    await vault.addVersion("provider", "two", { notBefore: clock.now });
    await until(async () => ((await secrets.versions("provider")).versions.length === 2 ? true : undefined));
  });

  it("does not take an answer for fresh that was under way when its copy was expired", async () => {
    const { clock, vault, startInstance } = makeWorld();
    const one = await vault.addVersion("provider", "one", { notBefore: clock.now });
    const { secrets } = startInstance();
    await secrets.versions("provider");
    // The vault has made its list, and the answer is on its way.
    const { promise: arrives, resolve: arrive } = Promise.withResolvers<void>();
    const { listVersions } = vault;
    vault.listVersions = async (name) => {
      const listed = await listVersions(name);
      await arrives;
      return listed;
    };
    clock.now += CACHE_MS / 2;
    await secrets.versions("provider");
    await vault.changeVersion("provider", one.version, { enabled: false });
    secrets.expire("provider");
    arrive();
    await settle();
    vault.listVersions = listVersions;
    expect((await secrets.versions("provider")).versions[0]?.enabled).toBe(false);
  });

  it("answers 503 within seconds, and at once after that, while a vault hangs that was never read; then recovers by itself", async () => {
    const { vault, deps, owned } = makeWorld();
    await rotateSecret(deps, owned[SIGNING_KEY_SECRET], { kind: "due" }, log);
    const { promise, resolve } = Promise.withResolvers<void>();
    vault.hanging = promise;
    const secrets = createSecretHolder(vault, { cacheMs: CACHE_MS, now: deps.now, firstWaitMs: 50 });
    const refused = { code: "secrets_unavailable", retryAfter: 2 };
    await expect(secrets.versions(SIGNING_KEY_SECRET)).rejects.toMatchObject(refused);
    const before = vault.calls.length;
    for (let i = 0; i < 100; i++) await expect(secrets.versions(SIGNING_KEY_SECRET)).rejects.toMatchObject(refused);
    expect(vault.calls.length).toBe(before);
    vault.hanging = undefined;
    resolve();
    await settle();
    expect((await secrets.versions(SIGNING_KEY_SECRET)).versions).toHaveLength(1);
  });

  it("answers 503 for a secret that it never read, and tries again at the next request", async () => {
    const { clock, vault, startInstance } = makeWorld();
    const read = createReadSecret(startInstance().secrets);
    vault.away = true;
    await expect(read("provider")).rejects.toMatchObject({ code: "secrets_unavailable" });
    vault.away = false;
    await expect(read("provider")).rejects.toMatchObject({ code: "secrets_unavailable" });
    await vault.addVersion("provider", "one", { notBefore: clock.now });
    clock.now += CACHE_MS;
    expect(await read("provider")).toBe("one");
  });

  it("asks for an unknown kid at most once in 30 s", async () => {
    const { clock, vault, owned, deps, startInstance } = makeWorld();
    await rotateSecret(deps, owned[SIGNING_KEY_SECRET], { kind: "due" }, log);
    const { signing } = startInstance();
    await signing.findSigner();
    const before = listsOf(vault);
    for (let i = 0; i < 100; i++) {
      expect(await signing.findVerifier(`unknown-${i}`)).toBeUndefined();
      clock.now += 200;
    }
    expect(listsOf(vault) - before).toBe(1);
  });

  it("does not say of a kid that there is none while its copy is old and Key Vault away", async () => {
    const { clock, vault, owned, deps, startInstance } = makeWorld();
    await rotateSecret(deps, owned[SIGNING_KEY_SECRET], { kind: "due" }, log);
    const { signing } = startInstance();
    await signing.findSigner();
    vault.away = true;
    clock.now += 2 * CACHE_MS;
    await expect(signing.findVerifier("unknown")).rejects.toMatchObject({ code: "secrets_unavailable" });
  });
});

describe("rotation of the signing key", () => {
  it("publishes before it signs, signs when everybody knows, keeps the old until its last token has ended, then disables it", async () => {
    const { clock, vault, deps, owned, startInstance, tick } = makeWorld();
    const secret = owned[SIGNING_KEY_SECRET];
    const one = startInstance();
    const two = startInstance();
    await tick(one.secrets);
    const { keyId: first } = await one.signing.findSigner();
    await two.signing.findSigner();
    const kids = async (): Promise<(string | undefined)[]> =>
      (await two.signing.publicKeySet()).keys.map(({ kid }) => kid);

    clock.now += secret.rotateMs;
    await two.signing.findSigner();
    await Promise.all([tick(one.secrets), tick(two.secrets)]);
    await one.secrets.versions(SIGNING_KEY_SECRET);
    expect((await one.signing.findSigner()).keyId).toBe(first);
    expect(await vault.listVersions(SIGNING_KEY_SECRET)).toHaveLength(2);

    // Whenever anyone signs, everyone's key set has the key, at every moment of the overlap.
    let switchedAt: number | undefined;
    let lastByOld = clock.now;
    let goneAt: number | undefined;
    const begun = clock.now;
    for (let step = 0; step < 1_000; step++) {
      clock.now += 1_000;
      if (step % 10 === 0) await tick(one.secrets);
      for (const signer of [one, two]) {
        const { keyId } = await signer.signing.findSigner();
        if (keyId === first) lastByOld = clock.now;
        else switchedAt ??= clock.now;
        expect(await kids()).toContain(keyId);
        expect(await two.signing.findVerifier(keyId)).toBeDefined();
      }
      await settle();
      if (!(await kids()).includes(first)) goneAt ??= clock.now;
    }
    expect(switchedAt).toBeGreaterThanOrEqual(begun + CACHE_MS);
    expect(lastByOld).toBeLessThan(begun + 3 * CACHE_MS);
    // A token that the old key signed at its last moment lives for its lifetime and the skew.
    expect(goneAt).toBeGreaterThan(lastByOld + (TOKEN_SECONDS + 60) * 1000);
    const versions = await vault.listVersions(SIGNING_KEY_SECRET);
    expect(versions.map(({ version, enabled }) => [version === first, enabled]).sort()).toEqual([
      [false, true],
      [true, false],
    ]);
    await expect(vault.readValue(SIGNING_KEY_SECRET, first)).rejects.toThrow();
    expect(deps.now()).toBe(clock.now);
  });

  it("by two instances at once, or by two operators, makes one new version", async () => {
    const { vault, deps, owned, startInstance, tick } = makeWorld();
    const instances = [startInstance(), startInstance(), startInstance()];
    await Promise.all(instances.map(({ secrets }) => tick(secrets)));
    const [first] = await vault.listVersions(SIGNING_KEY_SECRET);
    expect(await vault.listVersions(SIGNING_KEY_SECRET)).toHaveLength(1);
    const replaces = first?.version;
    const rotated = await Promise.all(
      instances.map(({ secrets }) =>
        rotateNow({ ...deps, secrets }, owned[SIGNING_KEY_SECRET], { leaked: false, replaces }, log),
      ),
    );
    expect(rotated.filter(({ made }) => made !== undefined)).toHaveLength(1);
    expect(await vault.listVersions(SIGNING_KEY_SECRET)).toHaveLength(2);
  });

  it("says whether every secret was looked after", async () => {
    const { vault, startInstance, tick } = makeWorld();
    vault.away = true;
    expect(await tick(startInstance().secrets)).toBe(false);
    vault.away = false;
    expect(await tick(startInstance().secrets)).toBe(true);
  });

  it("does not switch while Key Vault is away, because others could not follow", async () => {
    const { clock, vault, deps, owned, startInstance, tick } = makeWorld();
    const { secrets, signing } = startInstance();
    await tick(secrets);
    const { keyId: first } = await signing.findSigner();
    await rotateNow({ ...deps, secrets }, owned[SIGNING_KEY_SECRET], { leaked: false, replaces: undefined }, log);
    await signing.findSigner();
    vault.away = true;
    clock.now += 10 * CACHE_MS;
    expect((await signing.findSigner()).keyId).toBe(first);
    vault.away = false;
    clock.now += 10_000;
    await until(async () => ((await signing.findSigner()).keyId === first ? undefined : true));
    await tick(secrets);
    // The end of the old one counts from now, and not from when it should have stopped.
    const old = (await vault.listVersions(SIGNING_KEY_SECRET)).find(({ version }) => version === first);
    expect(old?.expiresAt).toBeGreaterThan(clock.now + (TOKEN_SECONDS + 60) * 1000);
  });

  it("goes on with the previous key while the private key of the next cannot be read, without asking at every request", async () => {
    const { clock, vault, deps, owned, startInstance, tick } = makeWorld();
    const { secrets, signing } = startInstance();
    await tick(secrets);
    const { keyId: first } = await signing.findSigner();
    await rotateNow({ ...deps, secrets }, owned[SIGNING_KEY_SECRET], { leaked: false, replaces: undefined }, log);
    clock.now += 2 * CACHE_MS;
    await secrets.versions(SIGNING_KEY_SECRET);
    vault.away = true;
    const before = vault.calls.length;
    for (let i = 0; i < 100; i++) {
      expect((await signing.findSigner()).keyId).toBe(first);
      await settle();
    }
    // Once for the value, and once for the list: it might have been disabled.
    expect(vault.calls.length - before).toBe(2);
    vault.away = false;
    clock.now += 3_000;
    await until(async () => ((await signing.findSigner()).keyId === first ? undefined : true));
  });

  it("after a leak is in effect at once, and disables all others at once", async () => {
    const { vault, deps, owned, startInstance, tick } = makeWorld();
    const { secrets, signing } = startInstance();
    await tick(secrets);
    const { keyId: leaked } = await signing.findSigner();
    const { made, disabled } = await rotateNow(
      { ...deps, secrets },
      owned[SIGNING_KEY_SECRET],
      { leaked: true, replaces: undefined },
      log,
    );
    expect(disabled).toEqual([leaked]);
    expect((await signing.findSigner()).keyId).toBe(made?.version);
    expect(await signing.findVerifier(leaked)).toBeUndefined();
    // An instance that has not heard of it learns the new key by its first token.
    expect(await startInstance().signing.findVerifier(made?.version ?? "")).toBeDefined();
    expect(vault.calls.some(({ method }) => method === "changeVersion")).toBe(true);
  });

  it("that fails half way, at any call, is finished by the next tick", async () => {
    for (let failing = 0; failing < 6; failing++) {
      const { clock, vault, deps, owned, startInstance, tick } = makeWorld();
      const { secrets, signing } = startInstance();
      await tick(secrets);
      await signing.findSigner();
      const secret: OwnSecret = owned[SIGNING_KEY_SECRET];
      clock.now += secret.rotateMs;
      let calls = 0;
      const breaking = new Proxy(vault, {
        get: (target, name: keyof typeof vault) => {
          const member = target[name];
          if (typeof member !== "function") return member;
          return (...args: never[]) => {
            // The call is done, and its answer is lost.
            const done = (member as (...all: never[]) => Promise<unknown>)(...args);
            return calls++ === failing ? done.then(() => Promise.reject(new Error("lost"))) : done;
          };
        },
      });
      await rotateSecret({ ...deps, vault: breaking }, secret, { kind: "due" }, log).catch(() => undefined);
      for (let i = 0; i < 200; i++) {
        clock.now += 5_000;
        await tick(secrets);
        await settle();
      }
      const versions = await vault.listVersions(SIGNING_KEY_SECRET);
      expect(versions, `call ${failing}`).toHaveLength(2);
      expect(versions.filter(({ enabled }) => enabled)).toHaveLength(1);
    }
  });
});

describe("a vault that an operator has changed by hand", () => {
  /** What they would see a while later: enabled versions that Headrace uses. */
  async function letPass(world: ReturnType<typeof makeWorld>, secrets: SecretHolder): Promise<void> {
    for (let i = 0; i < 60; i++) {
      world.clock.now += 30_000;
      await world.tick(secrets);
      await settle();
    }
  }

  it("a version that they added is not used, does not end the used ones, and ends with a leak", async () => {
    const world = makeWorld();
    const { vault, clock, deps, owned, startInstance, tick } = world;
    const { secrets, signing } = startInstance();
    await tick(secrets);
    const { keyId } = await signing.findSigner();
    clock.now += 1_000;
    const foreign = await vault.addVersion(SIGNING_KEY_SECRET, "not a key", { notBefore: clock.now });
    await letPass(world, secrets);
    for (const instance of [signing, startInstance().signing]) {
      expect((await instance.findSigner()).keyId).toBe(keyId);
      expect((await instance.publicKeySet()).keys.map(({ kid }) => kid)).toEqual([keyId]);
      expect(await instance.findVerifier(foreign.version)).toBeUndefined();
    }
    expect(
      (await vault.listVersions(SIGNING_KEY_SECRET)).every(({ enabled, expiresAt }) => enabled && !expiresAt),
    ).toBe(true);
    const { disabled } = await rotateNow(
      { ...deps, secrets },
      owned[SIGNING_KEY_SECRET],
      { leaked: true, replaces: undefined },
      log,
    );
    expect([...disabled].sort()).toEqual([keyId, foreign.version].sort());
  });

  it("a receipt key that they added signs nothing unless it is as long as ours", async () => {
    const { vault, clock, deps, owned, startInstance, tick } = makeWorld();
    await vault.addVersion(RECEIPT_KEY_SECRET, "hunter2", { notBefore: clock.now });
    await expect(startInstance().rings.current()).rejects.toMatchObject({ code: "secrets_unavailable" });
    const { secrets } = startInstance();
    await rotateNow({ ...deps, secrets }, owned[RECEIPT_KEY_SECRET], { leaked: false, replaces: undefined }, log);
    await tick(secrets);
    const { receiptId } = mintReceipt(await startInstance().rings.current(), "acme", clock.now, 1);
    const [, made] = await vault.listVersions(RECEIPT_KEY_SECRET);
    await vault.changeVersion(RECEIPT_KEY_SECRET, (await vault.listVersions(RECEIPT_KEY_SECRET))[0]?.version ?? "", {
      enabled: false,
    });
    expect(made?.enabled).toBe(true);
    expect(verifyReceipt(await startInstance().rings.knowing(receiptId), "acme", receiptId)).toBeDefined();
  });

  it.each([SIGNING_KEY_SECRET, RECEIPT_KEY_SECRET] as const)(
    "the only %s is given an end: another is in effect before it",
    async (name) => {
      const world = makeWorld();
      const { vault, clock, startInstance, tick } = world;
      const { secrets, signing, rings } = startInstance();
      await tick(secrets);
      const [only] = await vault.listVersions(name);
      const expiresAt = clock.now + 1_500_000;
      await vault.changeVersion(name, only?.version ?? "", { expiresAt });
      while (clock.now < expiresAt + 60_000) {
        clock.now += 10_000;
        await tick(secrets);
        await settle();
        await Promise.all([signing.findSigner(), rings.current()]);
      }
      const left = (await vault.listVersions(name)).filter(({ enabled }) => enabled);
      expect(left.filter(({ expiresAt: end }) => end === undefined)).toHaveLength(1);
      expect(await vault.listVersions(name)).toHaveLength(2);
    },
  );

  it("the newest is disabled while the previous one has its end already: another follows it", async () => {
    const world = makeWorld();
    const { vault, clock, deps, owned, startInstance, tick } = world;
    const { secrets, signing } = startInstance();
    await tick(secrets);
    await rotateNow(
      { ...deps, secrets },
      owned[SIGNING_KEY_SECRET],
      { leaked: false, replaces: (await signing.findSigner()).keyId },
      log,
    );
    await letPass(world, secrets).catch(() => undefined);
    const newest = (await vault.listVersions(SIGNING_KEY_SECRET)).find(({ expiresAt }) => expiresAt === undefined);
    const old = (await vault.listVersions(SIGNING_KEY_SECRET)).find(({ expiresAt }) => expiresAt !== undefined);
    await vault.changeVersion(SIGNING_KEY_SECRET, old?.version ?? "", {
      enabled: true,
      expiresAt: clock.now + 300_000,
    });
    await vault.changeVersion(SIGNING_KEY_SECRET, newest?.version ?? "", { enabled: false });
    await secrets.refresh(SIGNING_KEY_SECRET);
    await letPass(world, secrets);
    const { keyId } = await signing.findSigner();
    expect([newest?.version, old?.version]).not.toContain(keyId);
    expect(await vault.listVersions(SIGNING_KEY_SECRET)).toHaveLength(3);
  });

  it("all are disabled: another is made, and signs at once", async () => {
    const { vault, startInstance, tick } = makeWorld();
    const { secrets, signing } = startInstance();
    await tick(secrets);
    const { keyId } = await signing.findSigner();
    await vault.changeVersion(SIGNING_KEY_SECRET, keyId, { enabled: false });
    await secrets.refresh(SIGNING_KEY_SECRET);
    await expect(signing.findSigner()).rejects.toMatchObject({ code: "secrets_unavailable" });
    await tick(secrets);
    expect((await signing.findSigner()).keyId).not.toBe(keyId);
  });
});

describe("a leak", () => {
  it("whose rotation was cut off after it made the new key keeps that one, and not the earlier published one", async () => {
    const { clock, vault, deps, owned, startInstance, tick } = makeWorld();
    const secret = owned[SIGNING_KEY_SECRET];
    const { secrets } = startInstance();
    await tick(secrets);
    const [first] = await vault.listVersions(SIGNING_KEY_SECRET);
    const replaces = first?.version ?? "";
    clock.now += 5_000;
    const { made: next } = (await rotateSecret(deps, secret, { kind: "planned", replaces }, log)) ?? {};
    clock.now += 5_000;
    const dies = { ...vault, changeVersion: () => Promise.reject(new Error("killed")) };
    const leaked = { kind: "leaked", replaces: next?.version ?? "" } as const;
    await expect(rotateSecret({ ...deps, vault: dies }, secret, leaked, log)).rejects.toThrow("killed");
    clock.now += 1_000;
    const { made, disabled } = (await rotateSecret(deps, secret, leaked, log)) ?? {};
    expect(made).toBeUndefined();
    expect([...(disabled ?? [])].sort()).toEqual([replaces, next?.version].sort());
  });
});

describe("a lease", () => {
  it("that ran out while its holder stood still makes no second version", async () => {
    const { vault, deps, owned } = makeWorld();
    const withLease = createMemoryLease({ signal: AbortSignal.abort(new Error("the lease has ended")) });
    const rotation = rotateSecret({ ...deps, withLease }, owned[SIGNING_KEY_SECRET], { kind: "due" }, log);
    await expect(rotation).rejects.toThrow("the lease has ended");
    expect(await vault.listVersions(SIGNING_KEY_SECRET)).toEqual([]);
  });
});

describe("the first key", () => {
  it("is made by the first instance that finds none, is one, and signs at once, also across the turn of a second", async () => {
    const { clock, vault, deps, owned, startInstance } = makeWorld();
    clock.now += 990;
    const slow = {
      ...vault,
      listVersions: (name: string) => vault.listVersions(name).finally(() => (clock.now += 20)),
    };
    const makeFirst = () => makeFirstVersion({ ...deps, vault: slow }, owned[SIGNING_KEY_SECRET], log);
    const start = () =>
      createSigningKeys(createSecretHolder(slow, { cacheMs: CACHE_MS, now: deps.now, makeFirst }), deps.now);
    const signers = await Promise.all([start(), start()].map(({ findSigner }) => findSigner()));
    expect(signers[0]?.keyId).toBe(signers[1]?.keyId);
    expect(await vault.listVersions(SIGNING_KEY_SECRET)).toHaveLength(1);
    expect((await startInstance().signing.findSigner()).keyId).toBe(signers[0]?.keyId);
  });
});

describe("the verifiers", () => {
  it("read no private key: a vault that gives no values is enough for them", async () => {
    const { vault, deps, owned, startInstance } = makeWorld();
    const { made } = (await rotateSecret(deps, owned[SIGNING_KEY_SECRET], { kind: "due" }, log)) ?? {};
    const { signing } = startInstance();
    expect(await signing.findVerifier(made?.version ?? "")).toBeDefined();
    const { keys } = await signing.publicKeySet();
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0] ?? {}).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
    expect(vault.calls.filter(({ method }) => method === "readValue")).toEqual([]);
  });
});

describe("rotation of the receipt key", () => {
  it("keeps earlier signatures good, also on instances that have not heard of it", async () => {
    const { clock, vault, deps, owned, startInstance, tick } = makeWorld();
    const one = startInstance();
    await tick(one.secrets);
    const old = mintReceipt(await one.rings.current(), "acme", clock.now, 1);
    const two = startInstance();
    expect(verifyReceipt(await two.rings.knowing(old.receiptId), "acme", old.receiptId)).toBeDefined();
    for (let i = 0; i < 3; i++) {
      await rotateNow(
        { ...deps, secrets: one.secrets },
        owned[RECEIPT_KEY_SECRET],
        { leaked: false, replaces: undefined },
        log,
      );
      clock.now += 2 * CACHE_MS;
      await tick(one.secrets);
      await one.rings.current();
      await settle();
    }
    const fresh = mintReceipt(await one.rings.current(), "acme", clock.now, 1);
    expect(fresh.receiptId.slice(0, 7)).not.toBe(old.receiptId.slice(0, 7));
    for (const { rings } of [one, two, startInstance()]) {
      expect(verifyReceipt(await rings.knowing(fresh.receiptId), "acme", fresh.receiptId)).toBeDefined();
      expect(verifyReceipt(await rings.knowing(old.receiptId), "acme", old.receiptId)).toBeDefined();
    }
    expect((await vault.listVersions(RECEIPT_KEY_SECRET)).filter(({ enabled }) => enabled)).toHaveLength(4);
  });

  it("after a leak makes the old key's signatures worthless", async () => {
    const { clock, deps, owned, startInstance, tick } = makeWorld();
    const { secrets, rings } = startInstance();
    await tick(secrets);
    const old = mintReceipt(await rings.current(), "acme", clock.now, 1);
    await rotateNow({ ...deps, secrets }, owned[RECEIPT_KEY_SECRET], { leaked: true, replaces: undefined }, log);
    await rings.current();
    await settle();
    expect(verifyReceipt(await rings.knowing(old.receiptId), "acme", old.receiptId)).toBeUndefined();
  });
});

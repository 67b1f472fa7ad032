import { describe, expect, it } from "vitest";
import { mintReceipt, verifyReceipt } from "../../shared/receipt/receipt-id.ts";
import { createReadSecret } from "../../shared/secrets/create-read-secret.ts";
import { makeFirstVersion, rotateDueSecrets, rotateNow } from "../../shared/secrets/keep-secrets.ts";
import { ownSecrets } from "../../shared/secrets/own-secrets.ts";
import { type OwnSecret, rotateSecret } from "../../shared/secrets/rotate-secret.ts";
import { createSecretHolder, type SecretHolder } from "../../shared/secrets/secret-holder.ts";
import { createSigningKeys, SIGNING_KEY_SECRET } from "../../shared/secrets/secret-signing-keys.ts";
import { createKeyRings, RECEIPT_KEY_SECRET } from "../../shared/signing/key-rings.ts";
import { createMemoryLease } from "../support/access-world.ts";
import { createMemorySecretVault } from "../support/memory-secret-vault.ts";
import { until } from "../support/until.ts";

const CACHE_MS = 60_000;
const DAY_MS = 86_400_000;
const TOKEN_SECONDS = 600;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

function makeWorld() {
  const clock = { now: Date.parse("2026-11-22T10:00:00Z") };
  const now = (): number => clock.now;
  const vault = createMemorySecretVault(now);
  const deps = { vault, withLease: createMemoryLease(), cacheMs: CACHE_MS, now };
  const owned = ownSecrets({ signingKeyMs: 30 * DAY_MS, receiptKeyMs: 365 * DAY_MS, tokenSeconds: TOKEN_SECONDS });
  const startInstance = () => {
    const secrets = createSecretHolder(vault, { cacheMs: CACHE_MS, now, waitMs: 20 });
    return { secrets, signing: createSigningKeys(secrets, now), rings: createKeyRings(secrets, now) };
  };
  const tick = async (secrets: SecretHolder): Promise<void> =>
    rotateDueSecrets({ ...deps, secrets }, Object.values(owned), log);
  return { clock, vault, deps, owned, startInstance, tick };
}

const listsOf = (vault: { calls: readonly { method: string }[] }): number =>
  vault.calls.filter(({ method }) => method === "listVersions").length;

/** Lets what goes on in the background end. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the holder of secrets", () => {
  it("asks once for many requests, and refreshes in the background before what it holds is old", async () => {
    const { clock, vault, startInstance } = makeWorld();
    await vault.addVersion("provider", "one", { notBefore: clock.now });
    const { secrets } = startInstance();
    const read = createReadSecret(secrets);
    expect(await Promise.all(Array.from({ length: 50 }, () => read("provider")))).toEqual(Array(50).fill("one"));
    expect(vault.calls.map(({ method }) => method)).toEqual(["addVersion", "listVersions", "readValue"]);
    clock.now += CACHE_MS / 2;
    await vault.addVersion("provider", "two", { notBefore: clock.now - 1_000 });
    expect(await read("provider")).toBe("one");
    await settle();
    expect(await read("provider")).toBe("two");
  });

  it("takes the newest version that is in effect, not the newest", async () => {
    const { clock, vault, startInstance } = makeWorld();
    await vault.addVersion("provider", "now", { notBefore: clock.now });
    await vault.addVersion("provider", "later", { notBefore: clock.now + 10_000 });
    const read = createReadSecret(startInstance().secrets);
    expect(await read("provider")).toBe("now");
    clock.now += CACHE_MS;
    expect(await read("provider")).toBe("later");
  });

  it("serves the old while Key Vault is away, for ever, without making requests wait", async () => {
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
    await read("provider");
    await settle();
    expect(await read("provider")).toBe("two");
  });

  it("gives the value of before while the next one is listed and cannot be read", async () => {
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
    vault.away = false;
    clock.now += 3_000;
    expect(await read("provider")).toBe("two");
  });

  it("says 503 for what it never read, and tries again at the next request", async () => {
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
  }, 60_000);

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

  it("goes on with the key before while the private key of the next cannot be read, without asking at every request", async () => {
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
    expect(vault.calls.length - before).toBe(1);
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
  }, 60_000);
});

describe("the first key", () => {
  it("is made by whoever finds that there is none, is one, and signs at once, also across the turn of a second", async () => {
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
  it("keeps what was signed before good, on instances that have not heard of it too", async () => {
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

  it("after a leak makes what the old key signed worth nothing", async () => {
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

import { createHmac, createPublicKey, createSign, generateKeyPairSync } from "node:crypto";
import { CompactSign, type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { makeApiKey } from "../../../../shared/access/keys/api-key.ts";
import { createVerifyAccessToken } from "../../../../shared/access/tokens/verify-access-token.ts";
import {
  type AccessWorld,
  AUDIENCE,
  createAccessWorld,
  type Instance,
  ISSUER,
  LIFETIME_SECONDS,
} from "../../../support/access-world.ts";

let world: AccessWorld;
let instance: Instance;
let good: string;

const grant = { orgId: "acme", subject: "key:k1", scopes: ["events:read"] as const };

beforeEach(async () => {
  world = createAccessWorld();
  instance = world.startInstance();
  good = (await instance.issue({ ...grant, asOf: world.clock.now })).accessToken;
});

const seconds = (): number => Math.floor(world.clock.now / 1000);

/** A token signed by the deployment's own key, except for a test's changes: those are its only faults. */
async function sign(
  changes: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { keyId, key } = await instance.signingKeys.findSigner();
  return signWith(key, changes, { kid: keyId, ...header });
}

function signWith(
  key: CryptoKey,
  changes: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>>,
): Promise<string> {
  const claims = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: "key:k1",
    org_id: "acme",
    scope: "events:read",
    iat: seconds(),
    exp: seconds() + 600,
    jti: "j1",
    ...changes,
  };
  const kept = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  const typ = "at+jwt";
  return new SignJWT(kept).setProtectedHeader({ alg: "ES256", typ, ...header }).sign(key);
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const publicJwk = async (): Promise<JWK> => (await instance.signingKeys.publicKeySet()).keys[0] ?? {};

async function unsigned(alg: string, signature: string): Promise<string> {
  const [, payload] = good.split(".");
  return `${encode({ alg, typ: "at+jwt", kid: (await publicJwk()).kid })}.${payload}.${signature}`;
}

/** HS256 with the public key as its secret, in each of the forms that have fooled libraries. */
async function confused(form: "pem" | "jwk" | "der"): Promise<string> {
  const jwk = await publicJwk();
  const key = createPublicKey({ key: jwk as Record<string, string>, format: "jwk" });
  const secret =
    form === "pem"
      ? key.export({ type: "spki", format: "pem" })
      : form === "der"
        ? key.export({ type: "spki", format: "der" })
        : JSON.stringify(jwk);
  const signed = (await unsigned("HS256", "")).slice(0, -1);
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

async function foreign(header: Readonly<Record<string, unknown>>): Promise<string> {
  const { privateKey } = await generateKeyPair("ES256");
  return signWith(privateKey, {}, header);
}

async function ownKeyInHeader(): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const { kid = "" } = await publicJwk();
  return signWith(privateKey, {}, { kid, jwk: await exportJWK(publicKey) });
}

const ownKid = async (): Promise<string> => String((await publicJwk()).kid);

/** Each attack, and the word of its log line that names the reason. */
const attacks: Readonly<Record<string, readonly [make: () => Promise<string> | string, reason: RegExp]>> = {
  "alg none": [() => unsigned("none", ""), /`alg` is \\"none/],
  "alg NONE with a signature": [() => unsigned("NONE", "AAAA"), /`alg` is \\"NONE/],
  "no signature under ES256": [() => unsigned("ES256", ""), /signature/],
  "a signature of zeros (CVE-2022-21449)": [
    () => unsigned("ES256", Buffer.alloc(64).toString("base64url")),
    /signature/,
  ],
  "HS256 with the public key as PEM": [() => confused("pem"), /`alg` is \\"HS256/],
  "HS256 with the public key as JWK": [() => confused("jwk"), /`alg` is \\"HS256/],
  "HS256 with the public key as DER": [() => confused("der"), /`alg` is \\"HS256/],
  "another algorithm": [
    () =>
      sign({}, {}).then((token) => `${encode({ alg: "ES384", typ: "at+jwt" })}.${token.split(".").slice(1).join(".")}`),
    /ES384/,
  ],
  "a kid that is not known": [() => foreign({ kid: "0".repeat(32) }), /kid/],
  "no kid": [() => foreign({}), /kid/],
  "a kid that is a path": [() => foreign({ kid: "../../etc/passwd" }), /kid/],
  "a kid that is SQL": [() => foreign({ kid: "x' OR '1'='1" }), /kid/],
  "a kid of 2,000 characters": [() => foreign({ kid: "k".repeat(2_000) }), /kid|characters/],
  "another key under our kid": [async () => foreign({ kid: await ownKid() }), /signature/],
  "jku in the header": [() => sign({}, { jku: "https://evil.test/jwks.json" }), /jku/],
  "x5u in the header": [() => sign({}, { x5u: "https://evil.test/cert.pem" }), /x5u/],
  "x5c in the header": [() => sign({}, { x5c: ["MII"] }), /x5c/],
  "jwk in the header, signed by it": [() => ownKeyInHeader(), /jwk/],
  "a critical extension": [
    async () =>
      good.replace(/^[^.]+/, encode({ alg: "ES256", typ: "at+jwt", kid: await ownKid(), crit: ["b64"], b64: false })),
    /crit|b64/,
  ],
  expired: [() => sign({ iat: seconds() - 4_000, exp: seconds() - 61 }), /expired/],
  "not yet valid": [() => sign({ nbf: seconds() + 61 }), /nbf/],
  "issued in the future": [() => sign({ iat: seconds() + 61 }), /iat/],
  "good for longer than any that is issued": [() => sign({ exp: seconds() + 10 * 86_400 }), /longer/],
  "another audience": [() => sign({ aud: "https://other.test" }), /aud/],
  "our audience among others": [() => sign({ aud: [AUDIENCE, "https://other.test"] }), /aud/],
  "no audience": [() => sign({ aud: undefined }), /aud/],
  "another issuer": [() => sign({ iss: `${ISSUER}/` }), /iss/],
  "no issuer": [() => sign({ iss: undefined }), /iss/],
  "typ JWT (an ID token)": [() => sign({}, { typ: "JWT" }), /typ/],
  "no typ": [() => sign({}, { typ: undefined }), /typ/],
  "no org_id": [() => sign({ org_id: undefined }), /org_id/],
  "an org_id that is none": [() => sign({ org_id: "_service" }), /org_id/],
  "an org_id that is a list": [() => sign({ org_id: ["acme", "other"] }), /org_id/],
  "no sub": [() => sign({ sub: undefined }), /sub/],
  "an operator's sub": [() => sign({ sub: "operator:x" }), /sub/],
  "no exp": [() => sign({ exp: undefined }), /exp/],
  "no iat": [() => sign({ iat: undefined }), /iat/],
  "no jti": [() => sign({ jti: undefined }), /jti/],
  "exp that is a text": [() => signText("exp"), /exp/],
  "a role that is none": [() => sign({ role: "root" }), /role/],
  "100 KB": [() => sign({ pad: "x".repeat(75_000) }), /characters/],
  "a changed payload": [
    () => good.replace(/\.[^.]+\./, `.${encode({ iss: ISSUER, aud: AUDIENCE, org_id: "other" })}.`),
    /signature/,
  ],
  "a header that is no JSON": [() => `${Buffer.from("{").toString("base64url")}.e30.AAAA`, /header/],
  "three dots and nothing": [() => "..", /header/],
};

async function signText(claim: string): Promise<string> {
  const { keyId, key } = await instance.signingKeys.findSigner();
  const claims = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: "key:k1",
    org_id: "acme",
    scope: "",
    iat: seconds(),
    exp: seconds() + 60,
    jti: "j",
  };
  return new CompactSign(Buffer.from(JSON.stringify({ ...claims, [claim]: "soon" })))
    .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: keyId })
    .sign(key);
}

describe("an access token", () => {
  it("carries the claims that RFC 9068 asks for, and is taken", async () => {
    const [header, payload] = good
      .split(".", 2)
      .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>);
    expect(header).toEqual({ alg: "ES256", typ: "at+jwt", kid: await ownKid() });
    const [iss, aud] = [ISSUER, AUDIENCE];
    expect(payload).toMatchObject({ iss, aud, sub: "key:k1", client_id: "k1", org_id: "acme", scope: "events:read" });
    expect(payload).toMatchObject({
      iat: world.clock.now / 1000,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
    expect(Number(payload?.exp)).toBe(seconds() + LIFETIME_SECONDS);
    const reply = await instance.call(`Bearer ${good}`);
    expect([reply.status, reply.body.orgId, reply.body.subject]).toEqual([200, "acme", "key:k1"]);
  });

  it("is checked by signature once while it is remembered, and memory holds only the allowed number", async () => {
    let checked = 0;
    const verify = createVerifyAccessToken(
      (keyId) => {
        checked++;
        return instance.signingKeys.findVerifier(keyId);
      },
      { issuer: ISSUER, audience: AUDIENCE, maxLifetimeSeconds: LIFETIME_SECONDS, remembered: 10 },
    );
    for (let i = 0; i < 5; i++) await verify(good);
    expect(checked).toBe(1);
    const refused = await foreign({ kid: "unknown" });
    for (let i = 0; i < 5; i++)
      await Promise.resolve()
        .then(() => verify(refused))
        .catch(() => undefined);
    expect(checked).toBe(2);
    // As many others: it is checked again.
    for (let i = 0; i < 10; i++) await verify(await sign({ jti: `other-${i}` }));
    await verify(good);
    expect(checked).toBe(13);
  });

  it("is good until it has expired, also when it was remembered", async () => {
    for (let i = 0; i < 3; i++) expect((await instance.call(`Bearer ${good}`)).status).toBe(200);
    world.clock.now += (LIFETIME_SECONDS + 59) * 1000;
    expect((await instance.call(`Bearer ${good}`)).status).toBe(200);
    world.clock.now += 2_000;
    const late = await instance.call(`Bearer ${good}`);
    expect([late.status, late.body.code]).toEqual([401, "credential_invalid"]);
  });

  it("is taken within 60 s of clock skew, and not beyond", async () => {
    const skewed = [sign({ exp: seconds() - 58 }), sign({ nbf: seconds() + 58 }), sign({ iat: seconds() + 58 })];
    for (const token of await Promise.all(skewed)) expect((await instance.call(`Bearer ${token}`)).status).toBe(200);
  });

  it("has only scopes that an org can give: an operator's scope in it is worth nothing", async () => {
    const token = await sign({ scope: "orgs:manage events:read secrets:rotate" });
    expect((await instance.call(`Bearer ${token}`)).body.scopes).toEqual(["events:read"]);
    expect((await instance.call(`Bearer ${token}`, "operator-list-orgs")).status).toBe(403);
    expect((await instance.call(`Bearer ${token}`, "ingest-events")).body.code).toBe("scope_missing");
  });
});

describe("an attack", () => {
  it.each(Object.entries(attacks))(
    "by %s is a 401 that does not say why, and one log line that does",
    async (_name, [make, reason]) => {
      const token = await make();
      for (const attempt of [1, 2]) {
        const { status, challenge, body, log } = await instance.call(`Bearer ${token}`);
        expect([status, challenge], `attempt ${attempt}`).toEqual([
          401,
          'Bearer realm="headrace", error="invalid_token"',
        ]);
        expect(log).toHaveLength(1);
        expect(log[0]?.text).toMatch(reason);
        expect(JSON.stringify(log)).not.toContain(token.split(".")[2] || "\0");
        const { request_id: _, ...answer } = body;
        expect(answer).toEqual(expectedAnswer);
      }
    },
  );

  it("that has a credential in a wrong place does not bring it into the log", async () => {
    const { key } = await world.makeKey("acme");
    const tokens = await Promise.all([
      foreign({ kid: key }),
      foreign({ kid: "k", [key]: 1 }),
      foreign({ kid: "k", typ: key }),
      foreign({ kid: "k" }).then((token) => token.replace(/^[^.]+/, encode({ alg: key }))),
    ]);
    for (const token of tokens) {
      const { status, log } = await instance.call(`Bearer ${token}`);
      expect([status, log.length]).toEqual([401, 1]);
      expect(log[0]?.text).toContain("none of ours");
      expect(log[0]?.text).not.toContain(key.slice(20, 30));
    }
  });

  it("is told in one line even if it has line ends in it", async () => {
    for (const kid of ["\n2026-01-01T00:00:00Z error all is well", "\r", "\u2028\u001b[31m"]) {
      const { log } = await instance.call(`Bearer ${await foreign({ kid })}`);
      expect(log.map(({ text }) => /[\p{Cc}\u2028\u2029]/u.test(text))).toEqual([false]);
    }
  });

  it("by a key that is unknown, or lacks the scope, is logged with the key's org", async () => {
    const { key, keyId } = await world.makeKey("acme", ["events:write"]);
    const unknown = makeApiKey("acme");
    const refused = [await instance.call(`Bearer ${key}`), await instance.call(`Bearer ${unknown.key}`)];
    expect(refused.map(({ status }) => status)).toEqual([403, 401]);
    expect(refused[0]?.log[0]?.text).toContain(`key:${keyId} of acme`);
    expect(refused[1]?.log[0]?.text).toContain(`key:${unknown.keyId} of acme`);
    expect(JSON.stringify(refused.map(({ body }) => body))).not.toContain("of acme");
  });

  it("by two Authorization headers is refused, whichever of them is good", async () => {
    const stranger = await foreign({ kid: "x" });
    // The Functions host joins repeated headers by a comma.
    for (const joined of [
      `Bearer ${good}, Bearer ${stranger}`,
      `Bearer ${stranger},Bearer ${good}`,
      `Bearer ${good}, Bearer ${good}`,
    ]) {
      const { status, challenge, log } = await instance.call(joined);
      expect([status, challenge]).toEqual([401, 'Bearer realm="headrace", error="invalid_token"']);
      expect(log).toHaveLength(1);
      expect(log[0]?.text).toContain("several credentials");
    }
  });

  it("by a key pair of another kind under our kid is refused", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const [, payload] = good.split(".");
    const signed = `${encode({ alg: "RS256", typ: "at+jwt", kid: await ownKid() })}.${payload}`;
    const signature = createSign("sha256").update(signed).sign(privateKey, "base64url");
    expect((await instance.call(`Bearer ${signed}.${signature}`)).status).toBe(401);
  });
});

/** The same words for every token that is not good. */
const expectedAnswer = {
  type: "urn:headrace:error:credential_invalid",
  title: "The access token is not valid",
  status: 401,
  code: "credential_invalid",
  detail: "the access token is not valid here, or not any more",
  fix: expect.any(String) as string,
};

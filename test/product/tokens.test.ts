import { createHmac, createPublicKey, randomUUID } from "node:crypto";
import { request as rawRequest } from "node:http";
import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, jwtVerify, UnsecuredJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { createCosmosRevocationStore } from "../../shared/access/revocations/cosmos-revocation-store.ts";
import { createRevoke } from "../../shared/access/revocations/revocations.ts";
import { keyScopes } from "../../shared/identity/roles.ts";
import { uuidv7 } from "../../shared/runtime/uuid.ts";
import { createBrowser } from "../support/browser.ts";
import { auth, signIn } from "../support/people.ts";
import {
  cosmos,
  documents,
  identity,
  type Json,
  makeOrg,
  product,
  request,
  type TestOrg,
  until,
  withKey,
} from "../support/product.ts";

const TOKEN_PATH = "/api/v1/auth/token";
const operator = { authorization: `Bearer ${product.operatorKey}` };
const escapeAll = (text: string) => Buffer.from(text).toString("hex").replace(/../g, "%$&");
const revocations = createCosmosRevocationStore(cosmos.containers.control);
const revoke = createRevoke(revocations, { keepMs: 3_600_000 });

const form = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  request(TOKEN_PATH, {
    method: "POST",
    body: new URLSearchParams(fields).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  });

const raw = (body: string) =>
  request(TOKEN_PATH, { method: "POST", body, headers: { "content-type": "application/x-www-form-urlencoded" } });

const grant = { grant_type: "client_credentials" };
const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${encodeURIComponent(secret)}`).toString("base64")}`,
});

async function exchange(org: TestOrg, scope?: string): Promise<string> {
  const { status, body } = await form({ ...grant, client_secret: org.key, ...(scope === undefined ? {} : { scope }) });
  expect(status).toBe(200);
  return String(body.access_token);
}

const withToken = (path: string, token: string) => request(path, { headers: { authorization: `Bearer ${token}` } });
const send = (token: string) =>
  request("/api/v1/events", {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ event_type: "t" }),
  });

let org: TestOrg;
beforeAll(async () => {
  org = await makeOrg();
});

describe("POST /api/v1/auth/token", () => {
  it.each([
    ["in the body", (key: TestOrg) => form({ ...grant, client_secret: key.key })],
    ["in the body with the key id", (key: TestOrg) => form({ ...grant, client_id: key.keyId, client_secret: key.key })],
    ["by HTTP Basic", (key: TestOrg) => form(grant, basic(key.keyId, key.key))],
  ])("gives a token for an API key %s, which works wherever the key does", async (_name, ask) => {
    const { status, body, headers } = await ask(org);
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: "Bearer", expires_in: 3600 });
    expect([headers.get("cache-control"), headers.get("pragma")]).toEqual(["no-store", "no-cache"]);
    const token = String(body.access_token);
    const accepted = await send(token);
    expect(accepted.status).toBe(202);
    await org.settled(accepted.body.receipt_id);
    expect((await withToken("/api/v1/events", token)).status).toBe(200);
  });

  it("takes a parameter without a value as absent, and ignores unknown ones (RFC 6749, section 3.2)", async () => {
    for (const answer of [
      await form({ ...grant, client_secret: org.key, scope: "", client_id: "", resource: "urn:x" }),
      await form({ ...grant, client_secret: "", client_id: org.keyId }, basic(org.keyId, org.key)),
    ]) {
      expect(answer.status).toBe(200);
      expect(String(answer.body.scope).split(" ")).toEqual(keyScopes);
    }
  });

  it.each([
    ["in odd case", (id: string, key: string) => `bAsIc ${btoa(`${id}:${key}`)}`],
    [
      "with every byte percent-encoded",
      (id: string, key: string) => `Basic ${btoa(`${escapeAll(id)}:${escapeAll(key)}`)}`,
    ],
    ["without a user", (_id: string, key: string) => `Basic ${btoa(`:${key}`)}`],
  ])("takes HTTP Basic %s (RFC 6749, section 2.3.1)", async (_name, write) => {
    expect((await form(grant, { authorization: write(org.keyId, org.key) })).status).toBe(200);
  });

  it.each([
    ["bytes that are not encoded as they must be", () => `Basic ${btoa("%zz:%zz")}`],
    ["no colon", () => `Basic ${btoa("x")}`],
    ["two colons", () => `Basic ${btoa(`${org.keyId}:${org.key}:`)}`],
    ["no base64", () => "Basic {}"],
    ["nothing", () => "Basic"],
    ["twice", () => `Basic ${btoa(`x:${org.key}`)}, Basic ${btoa(`x:${org.key}`)}`],
  ])("refuses HTTP Basic of %s", async (_name, write) => {
    const { status, body, headers } = await form(grant, { authorization: write() });
    expect([status, body.error, headers.get("www-authenticate")]).toEqual([
      401,
      "invalid_client",
      'Basic realm="headrace"',
    ]);
  });

  it("gives at most the key's scopes, and only the requested ones", async () => {
    const writer = withKey(org.orgId, await identity.makeApiKey(org.orgId, ["events:write", "quarantine:replay"]));
    const { body } = await form({ ...grant, client_secret: writer.key, scope: "events:write" });
    expect(body.scope).toBe("events:write");
    expect((await send(String(body.access_token))).status).toBe(202);
    expect((await withToken("/api/v1/events", String(body.access_token))).body).toMatchObject({
      code: "scope_missing",
    });
    for (const scope of ["events:read", "events:write events:read", "members:manage", "orgs:manage", "nonsense", " "]) {
      const refused = await form({ ...grant, client_secret: writer.key, scope });
      expect([refused.status, refused.body.error]).toEqual([400, "invalid_scope"]);
    }
  });

  it.each<[string, () => ReturnType<typeof form>, number, string]>([
    ["no grant", () => form({ client_secret: org.key }), 400, "invalid_request"],
    ["another grant", () => form({ grant_type: "password", client_secret: org.key }), 400, "unsupported_grant_type"],
    ["no key", () => form(grant), 401, "invalid_client"],
    ["half a key", () => form({ ...grant, client_secret: org.key.slice(0, -1) }), 401, "invalid_client"],
    [
      "another key's id",
      () => form({ ...grant, client_id: "x".repeat(12), client_secret: org.key }),
      401,
      "invalid_client",
    ],
    [
      "the key in both places",
      () => form({ ...grant, client_secret: org.key }, basic(org.keyId, org.key)),
      400,
      "invalid_request",
    ],
    ["a bearer", () => form(grant, { authorization: `Bearer ${org.key}` }), 401, "invalid_client"],
    [
      "JSON",
      () => form({ ...grant, client_secret: org.key }, { "content-type": "application/json" }),
      400,
      "invalid_request",
    ],
    [
      "a parameter twice",
      () =>
        request(TOKEN_PATH, {
          method: "POST",
          body: `grant_type=client_credentials&grant_type=client_credentials&client_secret=${org.key}`,
          headers: { "content-type": "application/x-www-form-urlencoded" },
        }),
      400,
      "invalid_request",
    ],
    [
      "another key's id beside HTTP Basic",
      () => form({ ...grant, client_id: "x".repeat(12) }, basic(org.keyId, org.key)),
      401,
      "invalid_client",
    ],
    [
      "the key where the scope belongs",
      () => form({ ...grant, client_secret: org.key, scope: org.key }),
      400,
      "invalid_scope",
    ],
    ["the key as a parameter's name, twice", () => raw(`${org.key}&${org.key}`), 400, "invalid_request"],
    ["text that no description may have", () => raw('grant_type="\\\n%00é%E9'), 400, "unsupported_grant_type"],
    [
      "a body of 64 KB with a parameter 32,000 times",
      () => raw(Array(32_000).fill("a").join("&")),
      400,
      "invalid_request",
    ],
    [
      "a body of 64 KB with 12,000 parameters",
      () => raw(Array.from({ length: 12_000 }, (_, i) => i).join("&")),
      400,
      "invalid_request",
    ],
  ])("refuses %s as RFC 6749 says, and repeats no secret", async (_name, ask, status, error) => {
    const began = performance.now();
    const answer = await ask();
    // Half a minute and more, when each parameter is compared with each.
    expect(performance.now() - began).toBeLessThan(20_000);
    expect([answer.status, answer.body.error]).toEqual([status, error]);
    expect(answer.body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    expect(answer.headers.get("www-authenticate")).toBe(status === 401 ? 'Basic realm="headrace"' : null);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(JSON.stringify(answer.body)).not.toContain(org.key.slice(-40));
  });
});

describe("the key set", () => {
  it("is the same in both places, cacheable, public only, and verifies tokens of this deployment", async () => {
    const sets = await Promise.all(["/api/v1/auth/jwks.json", "/.well-known/jwks.json"].map((path) => request(path)));
    for (const { status, headers, body } of sets) {
      expect(status).toBe(200);
      expect(headers.get("content-type")).toBe("application/json");
      expect(headers.get("cache-control")).toMatch(/^public, max-age=\d+$/);
      for (const key of body.keys as Json[])
        expect(Object.keys(key).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }
    expect(sets[0]?.body).toEqual(sets[1]?.body);
    const token = await exchange(org);
    const options = { issuer: "urn:headrace", audience: "urn:headrace:api", typ: "at+jwt", algorithms: ["ES256"] };
    const remote = createRemoteJWKSet(new URL("/.well-known/jwks.json", product.baseUrl));
    const { payload, protectedHeader } = await jwtVerify(token, remote, options);
    expect(payload).toMatchObject({ sub: `key:${org.keyId}`, org_id: org.orgId });
    expect(Object.keys(protectedHeader).sort()).toEqual(["alg", "kid", "typ"]);
    await expect(jwtVerify(token, createLocalJWKSet({ keys: [] }), options)).rejects.toThrow();
  });
});

describe("an attack over HTTP", () => {
  const expectRefused = (answer: { status: number; headers: Headers }): void => {
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([
      401,
      'Bearer realm="headrace", error="invalid_token"',
    ]);
  };

  it("by alg none, and by HS256 with the public key, is refused", async () => {
    const token = await exchange(org);
    const [, payload = ""] = token.split(".");
    expectRefused(await withToken("/api/v1/events", new UnsecuredJWT({ org_id: org.orgId, sub: "key:x" }).encode()));
    const { keys } = (await request("/.well-known/jwks.json")).body as { keys: Json[] };
    const pem = createPublicKey({ key: keys[0] as Record<string, string>, format: "jwk" }).export({
      type: "spki",
      format: "pem",
    });
    const header = Buffer.from(JSON.stringify({ alg: "HS256", typ: "at+jwt", kid: keys[0]?.kid })).toString(
      "base64url",
    );
    const signature = createHmac("sha256", pem).update(`${header}.${payload}`).digest("base64url");
    expectRefused(await withToken("/api/v1/events", `${header}.${payload}.${signature}`));
  });

  it("by two Authorization headers is refused", async () => {
    const token = await exchange(org);
    const other = await makeOrg();
    const answer = await new Promise<{ status: number; headers: Headers }>((resolve, reject) => {
      const { host } = new URL(product.baseUrl);
      const headers = ["Host", host, "Authorization", `Bearer ${token}`, "Authorization", `Bearer ${other.key}`];
      rawRequest(new URL("/api/v1/events", product.baseUrl), { headers }, (response) => {
        response.resume();
        const challenge = response.headers["www-authenticate"];
        resolve({
          status: response.statusCode ?? 0,
          headers: new Headers(challenge ? { "www-authenticate": challenge } : {}),
        });
      })
        .on("error", reject)
        .end();
    });
    expectRefused(answer);
  });

  it.each([12_000, 30_000])("by a token of %i more characters is refused", async (length) => {
    const [header, payload, signature] = (await exchange(org)).split(".");
    expectRefused(await withToken("/api/v1/events", `${header}.${payload}${"A".repeat(length)}.${signature}`));
  });

  it("by a token that no request has room for never reaches the product: the host answers 431", async () => {
    const [header, payload, signature] = (await exchange(org)).split(".");
    const authorization = `Bearer ${header}.${payload}${"A".repeat(100_000)}.${signature}`;
    const answer = await fetch(`${product.baseUrl}/api/v1/events`, { headers: { authorization } });
    expect([answer.status, await answer.text()]).toEqual([431, ""]);
  });
});

describe("a token of a key that was rotated", () => {
  it("ends with the key", async () => {
    const rotated = await makeOrg();
    const { body } = await request(`/api/v1/keys/${rotated.keyId}/rotate`, {
      method: "POST",
      headers: { authorization: `Bearer ${rotated.key}` },
      body: JSON.stringify({ overlap_seconds: 120 }),
    });
    expect(body.key).toMatch(/^hr_/);
    const answer = await until(async () => {
      const { body: granted } = await form({ ...grant, client_secret: rotated.key });
      return Number(granted.expires_in) < 3_600 ? granted : undefined;
    }, 40_000);
    expect(Number(answer.expires_in)).toBeLessThanOrEqual(120);
  });
});

describe("revocation", () => {
  it("of an API key's tokens, by a cut-off in the store, is honoured within 30 s, and only for them", async () => {
    const [one, two] = [await makeOrg(), await makeOrg()];
    const [doomed, spared] = await Promise.all([exchange(one), exchange(two)]);
    expect((await withToken("/api/v1/events", doomed)).status).toBe(200);
    await revoke({ kind: "subject", orgId: one.orgId, subject: `key:${one.keyId}` }, Date.now());
    // Again: nothing is there twice.
    await revoke({ kind: "subject", orgId: one.orgId, subject: `key:${one.keyId}` }, Date.now());
    const refused = await until(async () => {
      const answer = await withToken("/api/v1/events", doomed);
      return answer.status === 401 ? answer : undefined;
    }, 30_000);
    expect(refused.body.code).toBe("credential_invalid");
    expect((await withToken("/api/v1/events", spared)).status).toBe(200);
  });

  it("of one token by its jti ends that one within 30 s, and has a line in the trail", async () => {
    const owner = await makeOrg();
    const revoking = (as: TestOrg, tokenId: string) =>
      request(`/api/v1/tokens/${tokenId}`, { method: "DELETE", headers: { authorization: `Bearer ${as.key}` } });
    const [doomed, spared] = await Promise.all([exchange(owner), exchange(owner)]);
    const jti = String(decodeJwt(doomed).jti);
    expect((await withToken("/api/v1/events", doomed)).status).toBe(200);
    // Another org cannot revoke it, and a caller who may not manage keys cannot either.
    expect((await revoking(org, String(decodeJwt(spared).jti))).body.code).toBe("token_not_found");
    const reader = withKey(owner.orgId, await identity.makeApiKey(owner.orgId, ["events:read"]));
    expect((await revoking(reader, jti)).body.code).toBe("scope_missing");
    expect((await revoking(owner, "x' OR 1=1")).body.code).toBe("token_not_found");
    expect((await revoking(owner, jti)).status).toBe(204);
    await until(async () => ((await withToken("/api/v1/events", doomed)).status === 401 ? true : undefined), 30_000);
    expect((await withToken("/api/v1/events", spared)).status).toBe(200);
    const { entries } = (await owner.get("/api/v1/audit?action=token.revoked")).body as { entries: Json[] };
    expect(entries).toMatchObject([{ actor: `key:${owner.keyId}`, target: `token:${jti}` }]);
  });
});

describe("the id of a token", () => {
  const revoking = (tokenId: string) =>
    request(`/api/v1/tokens/${tokenId}`, { method: "DELETE", headers: { authorization: `Bearer ${org.key}` } });

  it("that was never issued is 404, however close it is to one that was", async () => {
    const jti = String(decodeJwt(await exchange(org)).jti);
    const changed = Array.from(jti, (digit, at) => {
      const next = ((Number.parseInt(digit, 16) + 1) % 16).toString(16);
      return digit === "-" ? undefined : `${jti.slice(0, at)}${next}${jti.slice(at + 1)}`;
    });
    for (const tokenId of [...changed, jti.toUpperCase(), randomUUID(), uuidv7(Date.now())]) {
      if (tokenId === undefined) continue;
      const { status, body } = await revoking(tokenId);
      expect([tokenId, status, body.code]).toEqual([tokenId, 404, "token_not_found"]);
    }
    expect((await revoking(jti)).status).toBe(204);
  });
});

it("beyond a hundred revocations every token of the org ends, another org's go on, and new ones are given", async () => {
  const owner = await makeOrg();
  const [spared, other] = [await exchange(owner), await exchange(org)];
  const doomed: string[] = [];
  for (let i = 0; i < 101; i++) doomed.push(await exchange(owner));
  for (const token of doomed) {
    const path = `/api/v1/tokens/${String(decodeJwt(token).jti)}`;
    expect((await request(path, { method: "DELETE", headers: { authorization: `Bearer ${owner.key}` } })).status).toBe(
      204,
    );
  }
  await until(async () => ((await withToken("/api/v1/events", spared)).status === 401 ? true : undefined), 30_000);
  for (const token of doomed) expect((await withToken("/api/v1/events", token)).status).toBe(401);
  expect((await withToken("/api/v1/events", other)).status).toBe(200);
  await until(async () => {
    const { status } = await withToken("/api/v1/events", await exchange(owner));
    return status === 200 ? true : undefined;
  }, 30_000);
});

describe("the operator", () => {
  const post = (path: string, body: unknown, headers: Record<string, string> = operator) =>
    request(`/api/v1/operator/${path}`, { method: "POST", headers, body: JSON.stringify(body) });

  it("makes an org with a working key, and makes none twice", async () => {
    const name = `Made by op ${Date.now()}`;
    const { status, body } = await post("orgs", { name });
    expect(status).toBe(201);
    const { key, key_id: keyId } = body.api_key as { key: string; key_id: string };
    const made = withKey(String(body.org_id), { key, keyId });
    expect((await made.get("/api/v1/events")).status).toBe(200);
    const again = await post("orgs", { name });
    expect([again.status, again.body.code]).toEqual([409, "org_exists"]);
    // Two at once: one of them has made it, with one key, and the other has left nothing.
    const both = await Promise.all([1, 2].map(() => post("orgs", { name: `${name} twice` })));
    expect(both.map((one) => one.status).sort()).toEqual([201, 409]);
    const orgId = String(both.find((one) => one.status === 201)?.body.org_id);
    expect(await documents.list("api_key", orgId)).toHaveLength(1);
    const { orgs } = (await request("/api/v1/operator/orgs", { headers: operator })).body as { orgs: Json[] };
    expect(orgs.find((one) => one.org_id === body.org_id)).toMatchObject({ name });
  });

  it("hands out the first admin's invitation, and the org's trail begins with its creation", async () => {
    const { body } = await post("orgs", { name: `First admin ${Date.now()}` });
    const { token, link } = body.invitation as { token: string; link: string };
    expect(link).toBe(`${product.baseUrl}/api/v1/auth/join#${token}`);
    const browser = createBrowser();
    await browser.post(`${auth}/join`, { invitation: token });
    await signIn(browser, "ada");
    const entered = JSON.parse((await browser.post(`${auth}/refresh`)).text) as Json;
    expect([entered.org_id, entered.role]).toEqual([body.org_id, "admin"]);
    await post(`orgs/${String(body.org_id)}/suspend`, {});
    await post(`orgs/${String(body.org_id)}/resume`, {});
    const trail = await until(async () => {
      const answer = await withToken("/api/v1/audit", String(entered.access_token));
      return answer.status === 200 ? (answer.body.entries as Json[]) : undefined;
    }, 30_000);
    const byOperator = trail.filter(({ actor }) => actor === "operator:local").map(({ action }) => action);
    expect(byOperator.sort()).toEqual(["key.created", "member.invited", "org.created", "org.resumed", "org.suspended"]);
    // The operator itself is not an admin of it.
    expect((await request("/api/v1/members", { headers: operator })).status).toBe(401);
  });

  it("is told the fault of a request", async () => {
    for (const [body, path] of [
      [{}, "name"],
      [{ name: "" }, "name"],
      [{ name: "é".repeat(40) }, "name"],
      [{ name: "x", admin: true }, undefined],
    ] as const) {
      const answer = await post("orgs", body);
      expect([answer.status, answer.body.code, answer.body.path]).toEqual([400, "invalid_body", path]);
    }
    expect((await post("orgs/no-such-org/suspend", {})).body.code).toBe("org_not_found");
    expect((await post("rotate", { secret: "other" })).body.code).toBe("invalid_body");
  });

  it("suspends an org and resumes it: 403 for its key and tokens within 30 s, and back", async () => {
    const suspended = await makeOrg();
    const token = await exchange(suspended);
    expect((await post(`orgs/${suspended.orgId}/suspend`, {})).body).toMatchObject({ suspended: true });
    const refused = await until(async () => {
      const answer = await suspended.get("/api/v1/events");
      return answer.status === 403 ? answer : undefined;
    }, 30_000);
    expect(refused.body.code).toBe("org_suspended");
    expect((await withToken("/api/v1/events", token)).status).toBe(403);
    const noToken = await form({ ...grant, client_secret: suspended.key });
    // 400, as RFC 6749 has it.
    expect([noToken.status, noToken.body.error]).toEqual([400, "unauthorized_client"]);
    expect((await org.get("/api/v1/events")).status).toBe(200);
    await post(`orgs/${suspended.orgId}/resume`, {});
    await until(async () => ((await suspended.get("/api/v1/events")).status === 200 ? true : undefined), 30_000);
  });

  it("rotates the signing key while tokens of the old one go on, and sees both", async () => {
    const token = await exchange(org);
    const { body } = await post("rotate", { secret: "token-signing-key" });
    const { version } = body as { version: string };
    await until(async () => {
      const { keys } = (await request("/.well-known/jwks.json")).body as { keys: Json[] };
      return keys.some(({ kid }) => kid === version) && keys.length >= 2 ? true : undefined;
    });
    expect((await withToken("/api/v1/events", token)).status).toBe(200);
    const state = await request("/api/v1/operator/state", { headers: operator });
    const [signing] = state.body.secrets as { secret: string; versions: { version: string; status: string }[] }[];
    expect(signing?.versions.map(({ status }) => status)).toContain("signing");
    expect(signing?.versions.find((one) => one.version === version)?.status).toBe("next");
    expect(JSON.stringify(state.body)).not.toMatch(/"d":|private/);
    // The same call by another operator, who saw the same version, makes no second one.
    const replaced = signing?.versions.find(({ status }) => status === "signing")?.version;
    expect((await post("rotate", { secret: "token-signing-key", replaces: replaced })).body.version).toBeNull();
  });

  it("sees when each timer last did its work, and how long ago that is", async () => {
    const timers = await until(async () => {
      const { body } = await request("/api/v1/operator/state", { headers: operator });
      const found = body.timers as { timer: string; last_run_at: string | null; age_seconds: number | null }[];
      return found.every(({ age_seconds }) => age_seconds !== null) ? found : undefined;
    });
    expect(timers.map(({ timer }) => timer)).toEqual(["sweep-ledger", "rotate-secrets"]);
    // The ledger was swept at the start, and once a day from then on; what rotates runs every five minutes.
    const most: Record<string, number> = { "sweep-ledger": 24 * 3_600, "rotate-secrets": 360 };
    for (const { timer, last_run_at, age_seconds } of timers) {
      expect(age_seconds).toBeLessThan(most[timer] ?? 0);
      expect(Math.abs(Date.now() - (age_seconds ?? 0) * 1000 - Date.parse(last_run_at ?? ""))).toBeLessThan(5_000);
    }
  });

  it("is no credential of an org, and an org's is not the operator's", async () => {
    expect((await request("/api/v1/events", { headers: operator })).status).toBe(401);
    const token = await exchange(org);
    for (const path of ["orgs", "state"]) {
      for (const credential of [org.key, token]) {
        const answer = await withToken(`/api/v1/operator/${path}`, credential);
        expect([answer.status, answer.body.code]).toEqual([403, "scope_missing"]);
      }
      expect((await request(`/api/v1/operator/${path}`)).status).toBe(401);
      expect((await withToken(`/api/v1/operator/${path}`, `${product.operatorKey.slice(0, -1)}_`)).status).toBe(401);
    }
  });
});

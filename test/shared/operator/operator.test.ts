import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { IdentityDocuments } from "../../../shared/access/documents/identity-documents.ts";
import { createVerifyOperator, type VerifyOperator } from "../../../shared/access/tokens/verify-operator.ts";
import { AppError } from "../../../shared/errors.ts";
import { toProblem } from "../../../shared/http/problem.ts";
import { operatorScopes } from "../../../shared/identity/roles.ts";
import { type OrgDeps, openOrg } from "../../../shared/operator/manage-orgs.ts";
import { createMemoryIdentityDocuments, type IdentityContainer } from "../../support/memory-identity.ts";
import { createMemoryIdentityStore } from "../../support/memory-identity-store.ts";
import { createMemoryRevocationStore } from "../../support/memory-revocation-store.ts";

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;
let own: KeyPair;
let foreign: KeyPair;
beforeAll(async () => {
  [own, foreign] = await Promise.all([generateKeyPair("RS256"), generateKeyPair("RS256")]);
});

/** An issuer like Microsoft Entra: discovery and a key set. */
async function startIssuer(): Promise<string> {
  const jwk = { ...(await exportJWK(own.publicKey)), kid: "k1", use: "sig" };
  const server = createServer((request, response) => {
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tenant/v2.0`;
    const discovery = request.url === "/tenant/v2.0/.well-known/openid-configuration";
    response.end(JSON.stringify(discovery ? { issuer, jwks_uri: `${new URL(issuer).origin}/keys` } : { keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/tenant/v2.0`;
}

const sign = (iss: string, changes: Record<string, unknown> = {}, key = own): Promise<string> =>
  new SignJWT({
    iss,
    aud: "client-id",
    oid: "o1",
    azp: "client-of-the-operator",
    uti: "u1",
    roles: ["Headrace.Operator"],
    exp: Math.floor(Date.now() / 1000) + 60,
    ...changes,
  })
    .setProtectedHeader({ alg: "RS256", kid: "k1" })
    .sign(key.privateKey);

const connect = (issuer: string): VerifyOperator =>
  createVerifyOperator({ entra: { issuer, audience: "client-id", role: "Headrace.Operator" }, keyHash: undefined });

describe("the operator's token", () => {
  it("of the configured tenant, app and role makes an operator, without any scope of an org", async () => {
    const issuer = await startIssuer();
    expect(await connect(issuer)(await sign(issuer))).toEqual({
      orgId: "_service",
      subject: "operator:o1",
      scopes: operatorScopes,
      tokenId: "u1",
    });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["another app's", { aud: "other" }, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
    ["expired", { exp: 1 }, "ERR_JWT_EXPIRED"],
    ["without an end", { exp: undefined }, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
    ["without an object id", { oid: undefined }, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
  ])("that is %s is refused", async (_name, changes, reason) => {
    const issuer = await startIssuer();
    await expect(connect(issuer)(await sign(issuer, changes))).rejects.toThrow(reason);
  });

  it("signed by another key, or without the role, is refused", async () => {
    const issuer = await startIssuer();
    await expect(connect(issuer)(await sign(issuer, {}, foreign))).rejects.toThrow(
      "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
    );
    for (const roles of [undefined, [], ["Other"], "Headrace.Operator"]) {
      await expect(connect(issuer)(await sign(issuer, { roles }))).rejects.toMatchObject({ code: "scope_missing" });
    }
  });

  it("that is an ID token of the same app, and no access token, is refused", async () => {
    const issuer = await startIssuer();
    const idToken = await sign(issuer, { azp: undefined, nonce: "n" });
    await expect(connect(issuer)(idToken)).rejects.toThrow("no access token");
    const ofVersion1 = await sign(issuer, { azp: undefined, appid: "client-of-the-operator" });
    expect(await connect(issuer)(ofVersion1)).toMatchObject({ subject: "operator:o1" });
  });

  it("without the role has the challenge that RFC 6750 wants, without a scope, since there is none", async () => {
    const issuer = await startIssuer();
    const error: unknown = await connect(issuer)(await sign(issuer, { roles: [] })).catch((cause: unknown) => cause);
    expect(toProblem(error, "r1")).toMatchObject({
      status: 403,
      headers: { "www-authenticate": 'Bearer realm="headrace", error="insufficient_scope"' },
    });
  });

  it("of another issuer is not an operator's, and no token is when no issuer is configured", async () => {
    const issuer = await startIssuer();
    expect(await connect(issuer)(await sign(`${issuer}/`))).toBeUndefined();
    const none = createVerifyOperator({ entra: undefined, keyHash: undefined });
    expect(await none(await sign(issuer))).toBeUndefined();
    await expect(none(`hro_${"x".repeat(43)}`)).rejects.toThrow("not this deployment's");
  });

  it("while Microsoft Entra is away is a 503", async () => {
    const issuer = "http://127.0.0.1:9/tenant";
    await expect(connect(issuer)(await sign(issuer))).rejects.toMatchObject({ code: "identity_unavailable" });
  });
});

describe("making an org", () => {
  const actor = { subject: "operator:o1", clientAddress: "unknown", requestId: "r1" };
  const connectOrgs = (): OrgDeps => {
    const container: IdentityContainer = new Map();
    const [documents, identity] = [createMemoryIdentityDocuments(container), createMemoryIdentityStore(container)];
    return { documents, identity, revocations: createMemoryRevocationStore(), now: Date.now };
  };

  it("whose answer from the store is lost still gives the key that was kept", async () => {
    const deps = connectOrgs();
    const { documents } = deps;
    let lost = 0;
    const commit: IdentityDocuments["commit"] = async (orgId, writes) => {
      const done = await documents.commit(orgId, writes);
      if (lost++ > 0) return done;
      throw new AppError("store_unavailable", "the connection was closed");
    };
    const made = await openOrg({ ...deps, documents: { ...documents, commit } }, actor, { name: "acme" });
    const [kept, ...others] = await documents.list("api_key", "acme");
    expect([kept?.value.key_id, others]).toEqual([made.api_key.key_id, []]);
  });

  it.each(["acme.", "..."])("whose id would end in a dot is refused: %j", async (name) => {
    const deps = connectOrgs();
    const made = openOrg(deps, actor, { name });
    await expect(made).rejects.toMatchObject({
      code: "invalid_body",
      message: expect.stringContaining("end in a dot"),
    });
    expect(await deps.documents.read("org", name, "org")).toBeUndefined();
    expect((await openOrg(deps, actor, { name: `a${name}x` })).org_id).toBe(`a${name}x`);
  });

  it("twice at once makes it once", async () => {
    const deps = connectOrgs();
    const both = await Promise.allSettled([1, 2, 3].map(() => openOrg(deps, actor, { name: "acme" })));
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of both) if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "org_exists" });
    expect(await deps.documents.list("api_key", "acme")).toHaveLength(1);
  });
});

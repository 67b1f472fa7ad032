import { ManagedIdentityCredential } from "@azure/identity";
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { expect, onTestFinished, test } from "vitest";
import { localIdentity, localIssuer } from "../../../local/emulators/managed-identity/identity.ts";
import { createLocalCredential } from "../../../local/emulators/managed-identity/local-credential.ts";
import { startManagedIdentity } from "../../../local/emulators/managed-identity/server.ts";
import { findSurroundings, HEADER } from "../key-vault/support.ts";

const query = "api-version=2019-08-01&resource=https://vault.azure.net";

test("the SDK's credential gets a token that the key set verifies", async () => {
  const { identityEndpoint } = await findSurroundings();
  const credential = new ManagedIdentityCredential({ clientId: localIdentity.clientId });
  const { token } = await credential.getToken("https://eventhubs.azure.net//.default");
  const keySet = createRemoteJWKSet(new URL("/discovery/keys", identityEndpoint));
  const { payload } = await jwtVerify(token, keySet, { issuer: localIssuer });
  expect(payload).toMatchObject({
    aud: "https://eventhubs.azure.net/",
    sub: localIdentity.principalId,
    oid: localIdentity.principalId,
    tid: localIdentity.tenantId,
    appid: localIdentity.clientId,
  });
});

test("an answer is as App Service gives it, for the lifetime that was asked for", async () => {
  const { keys } = await findSurroundings();
  const now = Date.parse("2026-05-01T00:00:00Z");
  const identity = await startManagedIdentity({ port: 0, keys, header: "h", lifetimeSeconds: 90, now: () => now });
  onTestFinished(() => identity.close());
  const response = await fetch(`${identity.endpoint}?${query}`, { headers: { "X-IDENTITY-HEADER": "h" } });
  const body = (await response.json()) as Record<string, string>;
  const expires = now / 1000 + 90;
  expect(response.status).toBe(200);
  expect(body).toMatchObject({
    resource: "https://vault.azure.net",
    token_type: "Bearer",
    expires_on: String(expires),
  });
  expect(decodeJwt(body.access_token ?? "")).toMatchObject({
    exp: expires,
    iat: now / 1000 - 300,
    nbf: now / 1000 - 300,
  });
});

test.each([
  ["without the header", query, {}, 400, "x-identity-header"],
  ["with a wrong header", query, { "x-identity-header": "guess" }, 401, "x-identity-header"],
  ["of another version", query.replace("2019-08-01", "2017-09-01"), { "x-identity-header": HEADER }, 400, "2019-08-01"],
  ["without a resource", "api-version=2019-08-01", { "x-identity-header": HEADER }, 400, "resource"],
  [
    "for an identity that is not there",
    `${query}&client_id=other`,
    { "x-identity-header": HEADER },
    400,
    "No User Assigned",
  ],
] as const)("a request %s is refused", async (_what, asked, headers, status, said) => {
  const { identityEndpoint } = await findSurroundings();
  const response = await fetch(`${identityEndpoint}?${asked}`, { headers });
  expect(response.status).toBe(status);
  const body = (await response.json()) as { statusCode: number; message: string };
  expect(body.statusCode).toBe(status);
  expect(body.message).toContain(said);
});

test("the credential of local commands keeps a token until it is about to expire", async () => {
  const { keys } = await findSurroundings();
  const settings = async (lifetimeSeconds: number) => {
    const identity = await startManagedIdentity({ port: 0, keys, header: "h", lifetimeSeconds });
    onTestFinished(() => identity.close());
    return { IDENTITY_ENDPOINT: identity.endpoint, IDENTITY_HEADER: "h" };
  };
  const [longLived, shortLived] = [await settings(3600), await settings(30)];
  const lasting = createLocalCredential(longLived);
  const fleeting = createLocalCredential(shortLived);
  const scope = "https://vault.azure.net/.default";
  expect(await lasting.getToken(scope)).toBe(await lasting.getToken(scope));
  expect(await fleeting.getToken(scope)).not.toBe(await fleeting.getToken(scope));
  const wrong = createLocalCredential({ ...longLived, IDENTITY_HEADER: "other" });
  await expect(wrong.getToken(scope)).rejects.toThrow("401");
});

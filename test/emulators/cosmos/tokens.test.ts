import { CosmosClient } from "@azure/cosmos";
import { ManagedIdentityCredential, type TokenCredential } from "@azure/identity";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { expect, onTestFinished, test } from "vitest";
import { MANAGEMENT_RESOURCE } from "../../../local/emulators/cosmos/authenticate.ts";
import { findSurroundings, forgeToken } from "../key-vault/support.ts";
import { hierarchical, refusal, startWorld, type World } from "./support.ts";

async function startSecure(disableKeys = true): Promise<World> {
  const { certificate, keys } = await findSurroundings();
  const world = await startWorld({ tls: { certificate, tokenKeys: keys.verifying }, disableKeys });
  world.clock.now = Date.now();
  onTestFinished(() => world.close());
  return world;
}

function connect(world: World, aadCredentials: TokenCredential): CosmosClient {
  const client = new CosmosClient({ endpoint: world.endpoint, aadCredentials });
  onTestFinished(() => client.dispose());
  return client;
}

async function credentialOf(world: World, claims: Record<string, unknown>, foreign?: JWK): Promise<TokenCredential> {
  const { keys } = await findSurroundings();
  const token = await forgeToken(keys, { aud: world.endpoint, ...claims }, foreign);
  return { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
}

/** The part of a deployment. */
async function deploy(world: World): Promise<void> {
  const client = connect(world, await credentialOf(world, { aud: MANAGEMENT_RESOURCE }));
  const { database } = await client.databases.createIfNotExists({ id: "d" });
  await database.containers.createIfNotExists({ id: "c", partitionKey: hierarchical("/org_id", "/id") });
}

test("the managed identity reads and writes documents over TLS, for the account's own audience", async () => {
  const world = await startSecure();
  await deploy(world);
  const container = connect(world, new ManagedIdentityCredential()).database("d").container("c");
  for (const id of ["1", "2", "3"]) await container.items.create({ id, org_id: "o" });
  const { resources } = await container.items.query("SELECT VALUE c.id FROM c ORDER BY c.id DESC").fetchAll();
  expect(resources).toEqual(["3", "2", "1"]);
  expect((await container.item("1", ["o", "1"]).read()).resource).toMatchObject({ id: "1" });
  expect((await connect(world, new ManagedIdentityCredential()).database("d").read()).statusCode).toBe(200);
});

test("it may not create or delete what a deployment makes", async () => {
  const world = await startSecure();
  await deploy(world);
  const client = connect(world, await credentialOf(world, {}));
  const forbidden = { code: 403, substatus: 5300, message: expect.stringContaining("AAD token in data plane") };
  expect(await refusal(client.databases.create({ id: "other" }))).toMatchObject(forbidden);
  const another = { id: "e", partitionKey: hierarchical("/org_id", "/id") };
  expect(await refusal(client.database("d").containers.create(another))).toMatchObject(forbidden);
  expect(await refusal(client.database("d").container("c").delete())).toMatchObject(forbidden);
  expect(await refusal(client.database("d").delete())).toMatchObject(forbidden);
});

const past = Math.floor(Date.now() / 1000) - 10;
test.each([
  [
    "for another service",
    { aud: "https://vault.azure.net" },
    "Provided AAD token is intended for [https://vault.azure.net]",
  ],
  ["for another account", { aud: "https://127.0.0.1:1" }, "Provided AAD token is intended for"],
  ["of another issuer", { iss: "https://sts.windows.net/other/" }, "was issued by"],
  ["that has expired", { exp: past }, "Provided AAD token has been expired since"],
  ["that is not valid yet", { nbf: past + 3600 }, "is not valid before"],
])("a token %s is refused", async (_what, claims, said) => {
  const world = await startSecure();
  const client = connect(world, await credentialOf(world, claims));
  const answer = await refusal(client.database("d").container("c").item("1", ["o", "1"]).read());
  expect(answer).toMatchObject({ code: 401, message: expect.stringContaining(said) });
});

test("a token with a forged signature is refused, and so is a missing one", async () => {
  const world = await startSecure();
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const client = connect(world, await credentialOf(world, {}, await exportJWK(privateKey)));
  const answer = await refusal(client.database("d").read());
  expect(answer).toMatchObject({ code: 401, message: expect.stringContaining("invalid signature") });
  const bare = await fetch(`${world.endpoint}/dbs/d`, { headers: { "x-ms-version": "2020-07-15" } });
  expect([bare.status, ((await bare.json()) as { message: string }).message]).toEqual([
    401,
    expect.stringContaining("Required Header authorization is missing"),
  ]);
});

test("keys are refused where they are disabled, and work beside tokens elsewhere", async () => {
  const answer = await refusal((await startSecure()).client.databases.readAll().fetchAll());
  expect(answer).toMatchObject({ code: 401, message: expect.stringContaining("Local Authorization is disabled") });
  expect((await (await startSecure(false)).client.databases.readAll().fetchAll()).resources).toEqual([]);
});
